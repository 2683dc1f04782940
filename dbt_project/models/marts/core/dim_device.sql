with final (device, device_name, is_portable) as (

    values
    ('mobile', 'Phone', true),
    ('tablet', 'Tablet', true),
    ('desktop', 'Computer', false),
    ('web', 'Web player', false),
    ('speaker', 'Speaker', false),
    ('tv', 'Television', false),
    ('car', 'Car', true),
    ('other', 'Other', null),
    ({{ unknown_member() }}, 'Unknown', null)

)

select *
from final

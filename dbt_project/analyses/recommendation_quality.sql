-- How well do recommendations tell what is played next and what is new, beside plain ways to rank tracks?
-- At the newest cut-off at which they were judged.

with newest as (

    select max(cutoff_date) as cutoff_date
    from ml.recommendation_quality

),

final as (

    select
        quality.cutoff_date,
        quality.task,
        quality.step,
        quality.rung,
        quality.requests,
        round(quality.recall_10, 4) as recall_10,
        round(quality.recall_20, 4) as recall_20,
        round(quality.ndcg_10, 4) as ndcg_10,
        round(quality.ndcg_10_low, 4) as ndcg_10_low,
        round(quality.ndcg_10_high, 4) as ndcg_10_high,
        round(quality.mrr, 4) as mrr,
        round(quality.coverage, 4) as coverage,
        round(quality.novelty, 2) as novelty,
        round(quality.popularity_bias, 2) as popularity_bias,
        quality.insight
    from ml.recommendation_quality as quality
    inner join newest on quality.cutoff_date = newest.cutoff_date
)

select *
from final
order by
    task,
    step

"""Forgetting a listener: tokens, cursors and what else is known beside the lake."""

from spotify_assets.accounts.state import STATE, AccountState
from spotify_assets.accounts.tokens import TokenStore
from spotify_assets.settings import Settings


def forget_account(settings: Settings, user_id: str) -> bool:
    """Remove a listener's tokens and cursors; whether an account was connected. The lake stays as it is."""
    found = settings.tokens_dir.is_dir() and TokenStore(settings.tokens_dir).forget(user_id)
    if (settings.accounts_dir / STATE).exists():
        AccountState(settings.accounts_dir).forget_listener(user_id)
    return found

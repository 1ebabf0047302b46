"""What must not be so where people's data is kept."""

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from fangxian.kernel.models import Account
from fangxian.kernel.vault import DEMO_MASTER_KEY, VaultLocked, blind_index


def unfit_for_production() -> list[str]:
    """Why the product must not be served as it is configured, each with the mend.

    In demo mode only the tables are looked at: a demo is made of open accounts and default keys.
    """
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return ["The database is not up to date. Run “fangxian migrate”."]
    demo_accounts = Account.objects.filter(demo=True, is_active=True).count()
    if settings.MODE == "demo":
        return []
    faults = []
    if settings.DEBUG:
        faults.append("DEBUG shows people's data to strangers. Unset FANGXIAN_DEBUG.")
    if settings.SECRET_KEY == settings.DEFAULT_SECRET_KEY:
        faults.append(
            "The secret key is the published default. Set FANGXIAN_SECRET_KEY to 50 random signs: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    if settings.VAULT_MASTER_KEY == DEMO_MASTER_KEY:
        faults.append(
            "The vault's master key is the published default. Make one: python -c 'import base64, "
            "os; print(base64.b64encode(os.urandom(32)).decode())'. Wrap this database's keys with "
            "it: “fangxian vault rewrap --new-key KEY”. Then set FANGXIAN_VAULT_KEY to it."
        )
    try:
        blind_index("name", "")
    except VaultLocked as locked:
        faults.append(f"The vault stays shut: {locked}.")
    if demo_accounts:
        faults.append(
            f"{demo_accounts} demo accounts with a published password can sign in. Run "
            "“fangxian account close-demo”, or set FANGXIAN_MODE=demo for a demonstration."
        )
    return faults

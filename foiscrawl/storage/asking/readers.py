"""A role of PostgreSQL that can read the views of an archive and nothing else.

`READABLE` is the one list of what readers may read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, LiteralString

from sqlalchemy import Connection, text

from foiscrawl.errors import UsageError
from foiscrawl.storage.engine import first_line
from foiscrawl.storage.views import views

# alembic_version holds the version of the schema and nothing else; our own commands look at it first.
READABLE = (*sorted(views.tables), "article_search", "revision_search", "alembic_version")
STATEMENT_TIMEOUT = "60s"
CONNECTIONS: Final = "20"

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_ROLE = text("""
SELECT r.rolname = current_user AS self,
    EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
            AND d.deptype = 'o') AS owner,
    ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
          WHERE m.member = r.oid ORDER BY 1) AS memberships
FROM pg_roles r WHERE r.rolname = :role
""")
_MINE = text("""
SELECT rolsuper AS super, rolcreaterole AS creator, current_database() AS database,
    ARRAY(SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class
          WHERE relname = ANY(:names) AND relnamespace = 'public'::regnamespace) AS owners
FROM pg_roles WHERE rolname = current_user
""")
# Functions that PUBLIC may call although they hold others up or leave something behind; a superuser's to close.
_SIDE_DOORS = text("""
SELECT p.proname::text AS name, p.oid::regprocedure::text AS signature FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
    AND p.proname ~ '^(pg_(try_)?advisory_|pg_(notify|logical_emit_message|export_snapshot)$|lo_(creat|from|put|unlink|trunc|open)|lowrite$)'
ORDER BY 2
""")  # noqa: E501
_POWERS = text(
    "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles"
    " WHERE rolname = :role"
)
_STILL = text("""
SELECT c.oid::regclass::text || ' (' || lower(p.privilege) || ')' AS told
FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p(privilege)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    AND c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%' AND has_table_privilege(:role, c.oid, p.privilege)
    AND NOT (p.privilege = 'SELECT' AND c.relname = ANY(:names) AND c.relnamespace = 'public'::regnamespace)
ORDER BY 1
""")  # noqa: E501


@dataclass(frozen=True, slots=True)
class Granted:
    """What was done, as lines for a person. left: what the role can do all the same, and who can change that."""

    done: tuple[str, ...]
    left: tuple[str, ...]


def grant_reader(conn: Connection, role: str) -> Granted:
    """Make the role, or bring it back to what it may. The caller commits. Raises UsageError for a role of other use."""
    if not _NAME.fullmatch(role) or role.startswith("pg_") or role in ("public", "none"):
        raise UsageError(f"{role} is no name for a role: up to 63 letters a-z, digits and _, as in foiscrawl_reader")
    mine = conn.execute(_MINE, {"names": list(READABLE)}).one()
    found = conn.execute(_ROLE, {"role": role}).one_or_none()
    if found is not None and (found.self or found.owner):
        raise UsageError(f"the role {role} {'is your own' if found.self else 'owns things'}; name another for readers")
    run = _Runner(conn, role, str(mine.database))
    done = [f"role {role} was there" if found is not None else f"role {role} made; it can log in"]
    if found is None:
        if not (mine.super or mine.creator):
            raise UsageError("your role may not make roles; ask one with CREATEROLE to run this command")
        run("CREATE ROLE {role} LOGIN")
    run("ALTER ROLE {role} INHERIT CONNECTION LIMIT " + CONNECTIONS)
    if mine.super:
        run("ALTER ROLE {role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
        run("ALTER ROLE {role} IN DATABASE {database} SET temp_file_limit = '4GB'")
    for one in found.memberships if found is not None else ():
        run("REVOKE {other} FROM {role}", other=one)
        done.append(f"no member of {one} any more")
    run("ALTER ROLE {role} IN DATABASE {database} SET default_transaction_read_only = on")
    run("ALTER ROLE {role} IN DATABASE {database} SET statement_timeout = {value}", value=STATEMENT_TIMEOUT)
    done.append(f"its transactions are read-only by default, its statements end after {STATEMENT_TIMEOUT}")
    done += _rights(run)
    left = [] if mine.super else ["only a superuser can close advisory locks and large objects to it: run this as one"]
    if mine.super:
        done.append(_close_side_doors(conn, run, mine.owners))
    if conn.execute(_POWERS, {"role": role}).scalar_one():
        left.append(f"{role} may make roles or databases, or more: that is a superuser's to take from it")
    still = conn.execute(_STILL, {"role": role, "names": list(READABLE)}).scalars().all()
    left += [f"it can still use {one}, granted by somebody else" for one in still]
    return Granted(tuple(done), tuple(left))


def _rights(run: "_Runner") -> Iterator[str]:
    run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}, PUBLIC")
    run("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}, PUBLIC")
    run("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM {role}")
    run("REVOKE ALL ON SCHEMA public FROM {role}")
    run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    run("REVOKE ALL ON DATABASE {database} FROM {role}")
    run("REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC")
    yield "nobody but owners makes tables here, temporary ones included"
    run("GRANT CONNECT ON DATABASE {database} TO {role}")
    run("GRANT USAGE ON SCHEMA public TO {role}")
    for one in READABLE:
        run("GRANT SELECT ON public.{other} TO {role}", other=one)
    yield f"it can read {', '.join(READABLE)}"


def _close_side_doors(conn: Connection, run: "_Runner", owners: list[str]) -> str:
    """The archive's own runs need advisory locks: the owners of its tables keep them."""
    doors = conn.execute(_SIDE_DOORS).all()
    for one in doors:
        if "advisory" in one.name:
            for owner in owners:
                run("GRANT EXECUTE ON FUNCTION {signature} TO {other}", other=owner, signature=one.signature)
        run("REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC", signature=one.signature)
    kept = ", ".join(sorted(owners))
    return f"advisory locks and large objects are closed to all but superusers and, for the locks, {kept}"


class _Runner:
    """Runs statements with names in their places; PostgreSQL takes no parameters for names."""

    def __init__(self, conn: Connection, role: str, database: str) -> None:
        self._driver: Any = conn.connection.driver_connection
        self._names = {"role": role, "database": database}

    def __call__(self, statement: LiteralString, *, value: str = "", signature: str = "", **names: str) -> None:
        from psycopg import Error, sql

        quoted: dict[str, sql.Composable] = {name: sql.Identifier(one) for name, one in (self._names | names).items()}
        quoted |= {"value": sql.Literal(value), "signature": sql.SQL(signature)}
        try:
            self._driver.execute(sql.SQL(statement).format(**quoted))
        except Error as error:
            raise UsageError(f"your role may not do this: {first_line(error)}; run it as a superuser") from error

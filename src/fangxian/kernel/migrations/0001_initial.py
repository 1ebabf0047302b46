"""The ledger's functions, the tables, and the triggers that make the ledger append only.

`kernel_epoch` is added to transaction numbers, so that the order goes on after the database was
restored into a new cluster, whose transactions count from the beginning again.
"""
import django.contrib.postgres.fields
import django.db.models.functions.datetime
import fangxian.kernel.clock
import fangxian.kernel.fields
import fangxian.kernel.ids
from django.db import migrations, models


FUNCTIONS = """
CREATE SEQUENCE kernel_event_seq;
CREATE TABLE kernel_epoch (id boolean PRIMARY KEY DEFAULT true CHECK (id), tx_offset bigint NOT NULL);
INSERT INTO kernel_epoch (tx_offset) VALUES (0);
CREATE FUNCTION ledger_tx() RETURNS bigint LANGUAGE sql STABLE AS
  $$ SELECT pg_current_xact_id()::text::bigint + tx_offset FROM kernel_epoch $$;
CREATE FUNCTION ledger_seq() RETURNS bigint LANGUAGE sql VOLATILE AS
  $$ SELECT nextval('kernel_event_seq') $$;
CREATE FUNCTION ledger_tx_complete() RETURNS bigint LANGUAGE sql STABLE AS
  $$ SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + tx_offset FROM kernel_epoch $$;
CREATE FUNCTION ledger_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION ledger_refuses(); DROP FUNCTION ledger_tx_complete(); DROP FUNCTION ledger_seq();
DROP FUNCTION ledger_tx(); DROP TABLE kernel_epoch; DROP SEQUENCE kernel_event_seq;
"""
TRIGGERS = """
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON kernel_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuses();
CREATE TRIGGER event_is_never_emptied BEFORE TRUNCATE ON kernel_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuses();
CREATE TRIGGER seal_is_append_only BEFORE UPDATE OR DELETE ON kernel_seal
  FOR EACH ROW EXECUTE FUNCTION ledger_refuses();
CREATE TRIGGER seal_is_never_emptied BEFORE TRUNCATE ON kernel_seal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuses();
CREATE TABLE kernel_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL,
  expires timestamptz NOT NULL);
CREATE INDEX kernel_cache_expires ON kernel_cache (expires);
"""
NO_TRIGGERS = """
DROP TABLE kernel_cache;
DROP TRIGGER event_is_append_only ON kernel_event; DROP TRIGGER event_is_never_emptied ON kernel_event;
DROP TRIGGER seal_is_append_only ON kernel_seal; DROP TRIGGER seal_is_never_emptied ON kernel_seal;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('tx', models.BigIntegerField(db_default=models.Func(function='ledger_tx'))),
                ('seq', models.BigIntegerField(db_default=models.Func(function='ledger_seq'))),
                ('kind', models.CharField(max_length=60)),
                ('subject_id', models.UUIDField()),
                ('area_path', fangxian.kernel.fields.AreaPathField(db_collation='C', max_length=80)),
                ('actor_id', models.UUIDField()),
                ('because_id', models.UUIDField(null=True)),
                ('pack', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('facts', models.JSONField()),
                ('exercise', models.BooleanField()),
            ],
            options={
                'indexes': [models.Index(fields=['tx', 'seq'], name='event_in_sealing_order'), models.Index(fields=['subject_id', 'seq'], name='event_of_subject'), models.Index(condition=models.Q(('because_id__isnull', False)), fields=['because_id'], name='event_because'), models.Index(fields=['seq'], name='event_in_order'), models.Index(fields=['area_path', 'seq'], name='event_in_area')],
            },
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('last_tx', models.BigIntegerField()),
                ('last_seq', models.BigIntegerField()),
                ('events', models.IntegerField()),
                ('leaves', models.BinaryField()),
                ('digest', models.BinaryField()),
                ('signature', models.BinaryField()),
                ('key_number', models.SmallIntegerField()),
                ('sealed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('events__gte', 1)), name='seal_holds_events'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='seal_numbers_start_at_one')],
            },
        ),
        migrations.CreateModel(
            name='VaultKey',
            fields=[
                ('number', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('data', 'Data'), ('index', 'Index'), ('seal', 'Seal'), ('code', 'Code'), ('trust', 'Trust')], max_length=10)),
                ('wrapped', models.BinaryField()),
                ('public', models.BinaryField(default=b'')),
                ('created_at', models.DateTimeField(default=fangxian.kernel.clock.now)),
                ('retired_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('retired_at', None), ('retired_at__gte', models.F('created_at')), _connector='OR'), name='vault_key_retires_after_it_was_made')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=fangxian.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('username', models.CharField(max_length=40, unique=True, verbose_name='user name')),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('display_name', models.CharField(max_length=40, verbose_name='name shown')),
                ('post', models.CharField(blank=True, max_length=60, verbose_name='post')),
                ('area_path', fangxian.kernel.fields.AreaPathField(blank=True, db_collation='C', max_length=80)),
                ('duties', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('command', 'See the situation and decide'), ('decide_measures', 'Approve and end measures'), ('set_policy', 'Put a policy pack in force'), ('manage_areas', 'Manage areas and sites'), ('see_register', 'See the register of residents'), ('keep_register', 'Keep the register of residents'), ('unmask', 'Unmask personal data for a purpose'), ('collect_samples', 'Collect samples'), ('guard', 'Guard a checkpoint or a door'), ('enter_results', 'Enter laboratory results'), ('investigate', 'Investigate cases and contacts'), ('plan_rounds', 'Plan rounds of testing'), ('dispatch', 'Assign and oversee tasks'), ('carry_out', 'Carry out tasks'), ('audit', 'Audit the ledger'), ('manage_accounts', 'Manage accounts'), ('operate', 'Operate the system')], max_length=30), default=list, size=None)),
                ('demo', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=fangxian.kernel.clock.now)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('duties__contained_by', ['command', 'decide_measures', 'set_policy', 'manage_areas', 'see_register', 'keep_register', 'unmask', 'collect_samples', 'guard', 'enter_results', 'investigate', 'plan_rounds', 'dispatch', 'carry_out', 'audit', 'manage_accounts', 'operate'])), name='account_duties_are_known_words')],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]

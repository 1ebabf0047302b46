import django.contrib.postgres.fields
import django.db.models.deletion
import fangxian.kernel.clock
import fangxian.kernel.fields
import fangxian.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.UUIDField(default=fangxian.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField(unique=True)),
                ('level', models.CharField(choices=[('province', 'province'), ('city', 'city'), ('district', 'district'), ('subdistrict', 'subdistrict'), ('community', 'community'), ('grid', 'grid'), ('building', 'building'), ('unit', 'stairwell'), ('floor', 'floor'), ('dwelling', 'dwelling')], max_length=12)),
                ('code', models.CharField(blank=True, max_length=15)),
                ('name', models.CharField(max_length=60)),
                ('path', fangxian.kernel.fields.AreaPathField(db_collation='C', max_length=80)),
                ('lat', models.FloatField(null=True)),
                ('lon', models.FloatField(null=True)),
                ('edition', models.PositiveSmallIntegerField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('parent', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='areas.area')),
            ],
        ),
        migrations.CreateModel(
            name='Neighbour',
            fields=[
                ('code', models.CharField(max_length=6, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('geometry', models.JSONField()),
                ('source', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Boundary',
            fields=[
                ('area', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='boundary', serialize=False, to='areas.area')),
                ('geometry', models.JSONField()),
                ('origin', models.CharField(choices=[('published', 'published'), ('generated', 'generated, not surveyed'), ('imported', 'imported')], max_length=10)),
                ('source', models.CharField(max_length=200)),
                ('drawn_at', models.DateTimeField(default=fangxian.kernel.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name='Compound',
            fields=[
                ('id', models.UUIDField(default=fangxian.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('area_path', fangxian.kernel.fields.AreaPathField(db_collation='C', max_length=80)),
                ('property_managed', models.BooleanField(default=True)),
            ],
            options={
                'indexes': [models.Index(fields=['area_path'], name='compound_here')],
            },
        ),
        migrations.AddField(
            model_name='area',
            name='compound',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='buildings', to='areas.compound'),
        ),
        migrations.CreateModel(
            name='EditionChange',
            fields=[
                ('id', models.UUIDField(default=fangxian.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('edition', models.PositiveSmallIntegerField()),
                ('area_path', fangxian.kernel.fields.AreaPathField(db_collation='C', max_length=80)),
                ('kind', models.CharField(choices=[('renamed', 'renamed'), ('recoded', 'new code'), ('moved', 'moved'), ('ended', 'no longer listed'), ('new', 'new'), ('ambiguous', 'ambiguous')], max_length=10)),
                ('why', models.CharField(choices=[('same_code', 'same code'), ('same_name_here', 'same name under the same parent'), ('same_name_elsewhere', 'same name elsewhere in the district'), ('several_of_this_name', 'several places have this name'), ('another_kind_of_committee', 'same name, another kind of committee: a village may have become a community'), ('not_listed', 'not in this edition'), ('listed_first', 'in this edition for the first time')], max_length=28)),
                ('candidates', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('level', models.CharField(choices=[('province', 'province'), ('city', 'city'), ('district', 'district'), ('subdistrict', 'subdistrict'), ('community', 'community'), ('grid', 'grid'), ('building', 'building'), ('unit', 'stairwell'), ('floor', 'floor'), ('dwelling', 'dwelling')], max_length=12)),
                ('code_was', models.CharField(blank=True, max_length=12)),
                ('code_becomes', models.CharField(blank=True, max_length=12)),
                ('name_was', models.CharField(blank=True, max_length=60)),
                ('name_becomes', models.CharField(blank=True, max_length=60)),
                ('parent_code_becomes', models.CharField(blank=True, max_length=12)),
                ('state', models.CharField(choices=[('proposed', 'to be decided'), ('accepted', 'accepted'), ('rejected', 'left as it is'), ('superseded', 'superseded')], default='proposed', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
                ('area', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='edition_changes', to='areas.area')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='areas.area')),
            ],
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.UUIDField(default=fangxian.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField(unique=True)),
                ('kind', models.CharField(choices=[('venue', 'venue'), ('workplace', 'workplace'), ('school', 'school'), ('checkpoint', 'checkpoint'), ('sampling_point', 'sampling point'), ('quarantine_site', 'quarantine site'), ('hospital', 'hospital'), ('laboratory', 'laboratory'), ('warehouse', 'warehouse')], max_length=16)),
                ('name', models.CharField(max_length=80)),
                ('area_path', fangxian.kernel.fields.AreaPathField(db_collation='C', max_length=80)),
                ('lat', models.FloatField(null=True)),
                ('lon', models.FloatField(null=True)),
                ('capacity', models.IntegerField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='areas.area')),
            ],
        ),
        migrations.AddIndex(
            model_name='area',
            index=models.Index(fields=['parent', 'name'], name='area_children'),
        ),
        migrations.AddIndex(
            model_name='area',
            index=models.Index(fields=['level', 'path'], name='area_of_level'),
        ),
        migrations.AddIndex(
            model_name='area',
            index=models.Index(condition=models.Q(('compound__isnull', False)), fields=['compound'], name='area_of_compound'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.UniqueConstraint(fields=('path',), name='area_path_leads_to_one_area'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('code', ''), _negated=True), ('ended_at', None)), fields=('code',), name='area_code_is_used_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^([0-9]{2,15})?$')), name='area_code_is_digits'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.CheckConstraint(condition=models.Q(('level', 'province'), ('parent__isnull', False), _connector='OR'), name='area_below_province_has_a_parent'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lat', None), ('lon', None)), models.Q(('lat__isnull', False), ('lat__range', (-90, 90)), ('lon__isnull', False), ('lon__range', (-180, 180))), _connector='OR'), name='area_coordinates_come_in_pairs_on_earth'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.CheckConstraint(condition=models.Q(('compound', None), ('level', 'building'), _connector='OR'), name='area_compound_is_of_buildings'),
        ),
        migrations.AddIndex(
            model_name='editionchange',
            index=models.Index(fields=['area_path', 'state', 'id'], name='edition_change_here'),
        ),
        migrations.AddConstraint(
            model_name='editionchange',
            constraint=models.UniqueConstraint(condition=models.Q(('area__isnull', False), ('state', 'proposed')), fields=('area',), name='edition_change_about_an_area_is_open_once'),
        ),
        migrations.AddConstraint(
            model_name='editionchange',
            constraint=models.CheckConstraint(condition=models.Q(('area__isnull', False), ('kind__in', ['new', 'ambiguous']), _connector='OR'), name='edition_change_is_about_an_area_unless_new'),
        ),
        migrations.AddConstraint(
            model_name='editionchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('candidates__len__gte', 1), ('kind', 'ambiguous')), models.Q(models.Q(('kind', 'ambiguous'), _negated=True), ('candidates', [])), _connector='OR'), name='edition_change_ambiguous_has_candidates'),
        ),
        migrations.AddConstraint(
            model_name='editionchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state', 'proposed')), models.Q(models.Q(('state', 'proposed'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='edition_change_decided_has_a_time_and_a_person'),
        ),
        migrations.AddIndex(
            model_name='site',
            index=models.Index(fields=['kind', 'area_path'], name='site_of_kind_here'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.CheckConstraint(condition=models.Q(('capacity', None), ('capacity__gte', 0), _connector='OR'), name='site_capacity_is_not_negative'),
        ),
    ]

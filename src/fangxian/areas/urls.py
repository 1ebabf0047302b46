from django.urls import path

from fangxian.areas import views

urlpatterns = [
    path("", views.tree, name="tree"),
    path("<uuid:area_id>/", views.area, name="area"),
    path("at/<path:path>", views.area_at, name="area_at"),
    path("<uuid:area_id>/rename", views.rename, name="rename"),
    path("<uuid:area_id>/end", views.end, name="end"),
    path("<uuid:area_id>/move", views.move, name="move"),
    path("changes/", views.changes, name="changes"),
    path("changes/decide", views.decide, name="decide"),
    path("map/grids.json", views.map_grids, name="map_grids"),
    path("map/subdistricts.json", views.map_subdistricts, name="map_subdistricts"),
    path("map/communities.json", views.map_communities, name="map_communities"),
    path("map/district.json", views.map_district, name="map_district"),
    path("map/context.json", views.map_context, name="map_context"),
]

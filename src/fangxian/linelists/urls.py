from django.urls import path

from fangxian.linelists import views

urlpatterns = [
    path("", views.lists, name="lists"),
    path("chain", views.own_chain, name="own_chain"),
    path("chain/link", views.link, name="link"),
    path("chain/<uuid:infector_id>/<uuid:infectee_id>/unlink", views.unlink, name="unlink"),
    path("chain.graphml", views.own_graphml, name="own_graphml"),
    path("<uuid:list_id>", views.line_list, name="list"),
    path("<uuid:list_id>/columns", views.name_columns, name="columns"),
    path("<uuid:list_id>/refused", views.refused, name="refused"),
    path("<uuid:list_id>/chain", views.chain, name="chain"),
    path("<uuid:list_id>/as-it-came", views.as_it_came, name="as_it_came"),
    path("<uuid:list_id>/chain.graphml", views.graphml, name="graphml"),
    path("<uuid:list_id>/godata.json", views.godata, name="godata"),
]

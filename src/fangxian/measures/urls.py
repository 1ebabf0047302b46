from django.urls import path

from fangxian.measures import views

urlpatterns = [
    path("orders", views.orders, name="orders"),
    path("orders/<uuid:order_id>", views.order, name="order"),
    path("orders/<uuid:order_id>/notice", views.notice, name="notice"),
    path("orders/<uuid:order_id>/serve", views.serve, name="serve"),
    path("orders/<uuid:order_id>/extend", views.extend, name="extend"),
    path("orders/<uuid:order_id>/end", views.end, name="end"),
    path("orders/<uuid:order_id>/advance", views.advance, name="advance"),
    path("orders/<uuid:order_id>/propose", views.propose, name="propose"),
    path("orders/<uuid:order_id>/object", views.file_objection, name="object"),
    path("objections/<uuid:objection_id>/decide", views.decide, name="decide"),
    path("risk-areas", views.risk_areas, name="risk_areas"),
    path("risk-areas/propose", views.propose_area, name="propose_area"),
    path("risk-areas/<uuid:risk_area_id>", views.risk_area, name="risk_area"),
    path("risk-areas/<uuid:risk_area_id>/approve", views.approve, name="approve"),
    path("risk-areas/<uuid:risk_area_id>/reject", views.reject, name="reject"),
    path("risk-areas/<uuid:risk_area_id>/lift", views.lift, name="lift"),
    path("risk-areas/<uuid:risk_area_id>/lower", views.lower, name="lower"),
    path("exits", views.exits, name="exits"),
    path("exits/leave", views.leave, name="leave"),
    path("exits/<uuid:exit_id>", views.exit_, name="exit"),
    path("exits/<uuid:exit_id>/hand-over", views.hand_over, name="hand_over"),
    path("exits/<uuid:exit_id>/return", views.come_back, name="come_back"),
    path("exits/<uuid:exit_id>/clear", views.clear, name="clear"),
]

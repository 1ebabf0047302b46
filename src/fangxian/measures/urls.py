from django.urls import path

from fangxian.measures import exit_views, risk_area_views, views

urlpatterns = [
    path("orders", views.orders, name="orders"),
    path("orders/to-serve", views.to_serve, name="to_serve"),
    path("orders/to-serve/notices.pdf", views.notices_paper, name="notices_paper"),
    path("orders/to-serve/served", views.serve_all, name="serve_all"),
    path("orders/<uuid:order_id>", views.order, name="order"),
    path("orders/<uuid:order_id>/notice", views.notice, name="notice"),
    path("orders/<uuid:order_id>/notice.pdf", views.notice_paper, name="notice_paper"),
    path("orders/<uuid:order_id>/serve", views.serve, name="serve"),
    path("orders/<uuid:order_id>/extend", views.extend, name="extend"),
    path("orders/<uuid:order_id>/end", views.end, name="end"),
    path("orders/<uuid:order_id>/advance", views.advance, name="advance"),
    path("orders/<uuid:order_id>/propose", views.propose, name="propose"),
    path("orders/<uuid:order_id>/object", views.file_objection, name="object"),
    path("objections/<uuid:objection_id>/decide", views.decide, name="decide"),
    path("risk-areas", risk_area_views.risk_areas, name="risk_areas"),
    path("risk-areas/propose", risk_area_views.propose_area, name="propose_area"),
    path("risk-areas/<uuid:risk_area_id>", risk_area_views.risk_area, name="risk_area"),
    path("risk-areas/<uuid:risk_area_id>/approve", risk_area_views.approve, name="approve"),
    path("risk-areas/<uuid:risk_area_id>/reject", risk_area_views.reject, name="reject"),
    path("risk-areas/<uuid:risk_area_id>/lift", risk_area_views.lift, name="lift"),
    path("risk-areas/<uuid:risk_area_id>/lower", risk_area_views.lower, name="lower"),
    path("exits", exit_views.exits, name="exits"),
    path("exits/leave", exit_views.leave, name="leave"),
    path("exits/<uuid:exit_id>", exit_views.exit_, name="exit"),
    path("exits/<uuid:exit_id>/hand-over", exit_views.hand_over, name="hand_over"),
    path("exits/<uuid:exit_id>/return", exit_views.come_back, name="come_back"),
    path("exits/<uuid:exit_id>/clear", exit_views.clear, name="clear"),
]

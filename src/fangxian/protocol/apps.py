from django.apps import AppConfig


class ProtocolConfig(AppConfig):
    name = "fangxian.protocol"
    label = "protocol"

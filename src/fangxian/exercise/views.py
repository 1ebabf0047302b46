from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from fangxian.exercise.practice import Thing, give_phone
from fangxian.kernel.http import Request


@require_GET
def phone(request: Request) -> HttpResponse:
    """Where a visitor takes a phone of the demonstration, and finds something to scan."""
    given = request.session.get("practice")
    context = {}
    if given:
        address = request.build_absolute_uri(f"/field/#enrol={given['token']}")
        context = {
            "role": given["role"],
            "enrol": Thing("", address),
            "things": [Thing(title, text) for title, text in given["things"]],
        }
    return render(request, "exercise/phone.html", context)


@require_POST
def take_phone(request: Request) -> HttpResponse:
    role = request.POST.get("role")
    if role not in ("sampler", "guard"):
        raise Http404
    token, things = give_phone("guard" if role == "guard" else "sampler")
    request.session["practice"] = {"role": role, "token": token, "things": things}
    return redirect("exercise:phone")

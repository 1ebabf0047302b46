from dataclasses import asdict

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from fangxian.exercise.practice import Thing, give_phone, ring_the_hotline, somebody_at_home
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


@require_GET
def resident(request: Request) -> HttpResponse:
    """Where a visitor becomes a resident: with what to sign in, and how to call."""
    if "neighbour" not in request.session:
        neighbour = somebody_at_home()
        born = neighbour.born.isoformat()
        request.session["neighbour"] = {**asdict(neighbour), "born": born}
    context = {**request.session["neighbour"], "rang": request.GET.get("rang")}
    return render(request, "exercise/resident.html", context)


@require_POST
def ring(request: Request) -> HttpResponse:
    if "neighbour" not in request.session:
        return redirect("exercise:resident")
    ring_the_hotline(request.session["neighbour"]["phone"])
    return redirect(reverse("exercise:resident") + "?rang=1")

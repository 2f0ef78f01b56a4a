"""The link with which a person becomes the first administrator of what runs here."""

from __future__ import annotations

import json
import sys

from flowlens.model.errors import Conflict, FlowLensError, NotFound

from cdk.local import aws
from cdk.local.demo.enrol import Api
from cdk.local.home import Home
from cdk.local.resources import deployed


def run(home: Home, *, api: str | None, token: str | None) -> int:
    """`flowlens link`: 1 when there is an administrator already."""
    told = {} if api else home.running()
    url, token = api or str(told.get("url", "")), token or home.read_token()
    if not url or not token:
        raise NotFound(f"no FlowLens runs with {home.path}: name one with --api and --token")
    link = first_link(url.rstrip("/"), token)
    sys.stdout.write(f"{link or 'There are members already: their administrators add others, and give them links.'}\n")
    return int(link is None)


def regain(home: Home, email: str) -> int:
    """`flowlens link --for ADDRESS`: whoever owns the machine gives an account back, password and second factor."""
    told = home.running()
    if not told:
        raise NotFound(f"no FlowLens runs with {home.path}; in AWS, invoke the function of the output RegainFunction")
    client = aws.client("lambda", str(told["aws_endpoint"]))
    answer = client.invoke(FunctionName=deployed("deploy.regain"), Payload=json.dumps({"email": email}).encode())
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise NotFound(str(said.get("errorMessage", "no link could be made")))
    sys.stdout.write(f"{told['url']}/welcome#link={said['secret']}\n")
    return 0


def first_link(url: str, token: str) -> str | None:
    """Its whole address; None when there is somebody already."""
    try:
        made = Api(url, token).call("POST", "/links/first", {})
    except Conflict:
        return None
    return f"{url}/welcome#link={made['secret']}"


def words(url: str, token: str) -> str:
    """What `flowlens up` says of accounts; what runs is not stopped by a link that could not be made."""
    try:
        link = first_link(url, token)
    except FlowLensError as problem:
        return f"  account    no link could be made: {problem}"
    if link is None:
        return f"  sign in    {url}/sign-in"
    return f"  account    {link}\n             makes the first administrator, once, for ten minutes"

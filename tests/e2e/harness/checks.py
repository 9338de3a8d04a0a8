"""Assertions that many tests share."""
import json

NO_APP_ID = "failed getting app id either from the URL path or the header dapr-app-id"


def has_error(answer, status, code, message):
    """A plain error of the API, with exactly this message."""
    assert answer.status == status, answer
    assert answer.headers.get("content-type") == "application/json"
    assert answer.json() == {"errorCode": code, "message": message}


def error_message(answer, status, code):
    """The message of an error of the API."""
    assert answer.status == status, answer
    assert answer.headers.get("content-type") == "application/json"
    told = answer.json()
    assert told["errorCode"] == code
    return told["message"]


def error_info(reason, metadata):
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "dapr.io",
            "metadata": metadata, "reason": reason}


def invoke_failed(answer, app_id):
    """What is said about a failed invocation, after the fixed part."""
    message = error_message(answer, 500, "ERR_DIRECT_INVOKE")
    start = f"failed to invoke, id: {app_id}, err: "
    assert message.startswith(start), message
    return message[len(start):]


def invoked(answer):
    """What an echoing app saw."""
    assert answer.status == 200, answer
    return json.loads(answer.body)

"""Files of flows that people upload: captures of packets and flow logs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from flowlens.access.actor import Actor
from flowlens.access.permissions import Permission

from functions.api.deps import Conn, may
from functions.api.settings import settings
from functions.api.shapes.fields import BigId
from functions.api.shapes.uploads import NewUpload, Upload, UploadList, UploadTicket

router = APIRouter(prefix="/uploads", tags=["Uploads"])
Reader = Annotated[Actor, may(Permission.SOURCES_READ)]
Importer = Annotated[Actor, may(Permission.SOURCES_WRITE, Permission.DATA_IMPORT)]
UploadId = Annotated[BigId, Path()]
_URL = "/uploads"  # where the pages are: what is posted there goes to the bucket, in AWS and on one machine


@router.get("", response_model=UploadList)
def list_uploads(conn: Conn, reader: Reader) -> object:
    """Which files were uploaded, and what was understood of them."""
    from flowlens.services import uploads as service  # here and below, because few requests need S3's client

    return {"items": service.every(conn, reader)}


@router.post("", response_model=UploadTicket, status_code=201)
def create_upload(new: NewUpload, response: Response, conn: Conn, importer: Importer) -> object:
    """Then post the file to `url` within ten minutes. What is understood of it stands in the upload soon after."""
    from flowlens.services import uploads as service

    bucket = settings().log_buckets.partition(",")[0].strip()
    made = service.begin(conn, importer, bucket, name=new.name, octets=new.octets)
    response.headers["location"] = f"/api/v1/uploads/{made.upload.id}"
    return {"upload": made.upload, "url": _URL, "fields": made.fields, "expires_at": made.expires_at}


@router.get("/{upload_id}", response_model=Upload)
def read_upload(upload_id: UploadId, conn: Conn, reader: Reader) -> object:
    """One upload."""
    from flowlens.services import uploads as service

    return service.read(conn, reader, upload_id)

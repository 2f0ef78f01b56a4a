"""What we ask AWS to log of VPCs."""

from __future__ import annotations

# Its default fields, and what tells direction, true ends and paths (web/docs/connect-aws.md).
FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type} "
    "${pkt-srcaddr} ${pkt-dstaddr} ${region} ${az-id} ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} "
    "${traffic-path} ${ecs-cluster-name} ${ecs-service-name} ${ecs-task-definition-arn} ${reject-reason} "
    "${encryption-status}"
)

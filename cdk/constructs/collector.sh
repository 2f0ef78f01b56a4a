#!/bin/bash
# First boot of a collector: attach the spool's volume, install, start. Names in braces are filled in by CloudFormation.
set -euo pipefail
TOKEN=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
INSTANCE=$(curl -sf -H "X-aws-ec2-metadata-token: $TOKEN" http://169.254.169.254/latest/meta-data/instance-id)
export AWS_DEFAULT_REGION=${Region}

# The volume outlives the instance: until the one before has let go of it, this fails.
until aws ec2 attach-volume --volume-id ${Volume} --instance-id "$INSTANCE" --device /dev/sdf; do sleep 5; done
VOLUME=${Volume}
DEVICE=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol"${!VOLUME#vol-}"
until [ -e "$DEVICE" ]; do sleep 1; done
blkid "$DEVICE" || mkfs.xfs "$DEVICE"
mkdir -p /var/lib/flowlens
echo "$DEVICE /var/lib/flowlens xfs defaults,noatime,nofail 0 2" >>/etc/fstab
mount /var/lib/flowlens

dnf install -y python3.11 amazon-cloudwatch-agent
# The same number on each instance: the files on the volume are its.
useradd --system --uid 7700 --home-dir /var/lib/flowlens --shell /sbin/nologin flowlens
install -d -o flowlens -g flowlens /var/lib/flowlens/spool /var/log/flowlens /opt/flowlens/packages /opt/flowlens/program
aws s3 cp s3://${Bucket}/${Packages} /tmp/packages.zip
aws s3 cp s3://${Bucket}/${Program} /tmp/program.zip
python3.11 -m zipfile -e /tmp/packages.zip /opt/flowlens/packages
python3.11 -m zipfile -e /tmp/program.zip /opt/flowlens/program
python3.11 -m compileall -q /opt/flowlens
rm /tmp/packages.zip /tmp/program.zip

# Room for a burst of datagrams while a process is busy.
cat >/etc/sysctl.d/90-flowlens.conf <<'END'
net.core.rmem_max = 134217728
net.core.netdev_max_backlog = 10000
END
sysctl --system

cat >/etc/flowlens.env <<'END'
${Environment}
END
cat >/etc/systemd/system/flowlens-collector.service <<'END'
[Unit]
Description=FlowLens collector
Wants=network-online.target
After=network-online.target
RequiresMountsFor=/var/lib/flowlens

[Service]
User=flowlens
EnvironmentFile=/etc/flowlens.env
Environment=PYTHONPATH=/opt/flowlens/program:/opt/flowlens/program/layers/flowlens/python:/opt/flowlens/packages
WorkingDirectory=/opt/flowlens/program
ExecStart=/usr/bin/python3.11 -m collector_vm
Restart=always
RestartSec=1
# On SIGTERM it stops listening and ships what it holds; what is left stays in the spool.
KillMode=mixed
TimeoutStopSec=${StopSeconds}
LimitNOFILE=65536
NoNewPrivileges=yes
${Capabilities}
ProtectSystem=strict
ReadWritePaths=/var/lib/flowlens
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
StandardOutput=append:/var/log/flowlens/collector.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
END
cat >/etc/logrotate.d/flowlens <<'END'
/var/log/flowlens/*.log {
    size 50M
    rotate 4
    compress
    copytruncate
    missingok
}
END
# The agent brings the logs, and the totals that mean loss, to CloudWatch.
cat >/opt/aws/amazon-cloudwatch-agent/etc/prometheus.yaml <<'END'
global:
  scrape_interval: 60s
scrape_configs:
  - job_name: ${Service}
    static_configs:
      - targets: ["127.0.0.1:${HealthPort}"]
END
cat >/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json <<'END'
{"agent": {"run_as_user": "root"},
 "logs": {
   "logs_collected": {"files": {"collect_list": [
     {"file_path": "/var/log/flowlens/collector.log", "log_group_name": "${LogGroup}", "log_stream_name": "{instance_id}"},
     {"file_path": "/var/log/cloud-init-output.log", "log_group_name": "${LogGroup}", "log_stream_name": "{instance_id}-boot"}]}},
   "metrics_collected": {"prometheus": {
     "log_group_name": "${LogGroup}",
     "prometheus_config_path": "/opt/aws/amazon-cloudwatch-agent/etc/prometheus.yaml",
     "emf_processor": {"metric_namespace": "${Metrics}", "metric_declaration": [
       {"source_labels": ["job"], "label_matcher": "^${Service}$", "dimensions": [["job"]],
        "metric_selectors": ["^flowlens_collector_(${Losses})_total$"]}]}}}}}
END
systemctl daemon-reload
systemctl enable --now amazon-cloudwatch-agent flowlens-collector

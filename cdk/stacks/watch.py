"""What wakes an operator: alarms, the topic they speak on, and one page of graphs."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk import manifest
from cdk.config import Settings
from cdk.constructs.acknowledge import acknowledge
from cdk.constructs.task import Task
from cdk.stacks.api import Api
from cdk.stacks.data import Data
from cdk.stacks.ingest import Ingest
from cdk.stacks.room import Room
from cdk.stacks.workflows import Workflows

_UNSENT = "Nobody would read a queue of unsent mail; the alarm itself keeps its state, and the dashboard shows it."
_MINUTES = Duration.minutes(5)
_LATE = Duration.minutes(5)
_LOGS_LATE = Duration.minutes(30)
_ASIDE = {"visits-failed": "Visits of feeds' places broke off twice; the log of outbound-visit says where"}
_BUSY = 0.9  # of the database's largest size


class Watch(Room):
    """Silence means well: an alarm without data is quiet, except where data must be."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        data: Data,
        ingest: Ingest,
        workflows: Workflows,
        api: Api,
        settings: Settings,
    ) -> None:
        super().__init__(scope, name, settings=settings)
        self._service = settings.service
        self.topic = self._topic(data)
        if settings.alert_email:
            mail = self.topic.add_subscription(subscriptions.EmailSubscription(settings.alert_email))
            acknowledge(mail, {"Serverless-SNSRedrivePolicy": _UNSENT})
        self._action = actions.SnsAction(self.topic)
        tasks = [*ingest.tasks.values(), api.task, data.regain, *api.called.values()]
        for workflow in workflows.workflows.values():
            tasks += workflow.tasks.values()
        self._draw(
            {
                "Flows": self._flows(data, ingest),
                "Functions": self._functions(tasks, workflows),
                "API and database": self._behind(api, data, settings),
            }
        )

    def _draw(self, graphs: dict[str, dict[str, cloudwatch.IMetric]]) -> None:
        board = cloudwatch.Dashboard(self, "board", dashboard_name=self._service)
        for title, metrics in graphs.items():
            board.add_widgets(
                cloudwatch.TextWidget(markdown=f"# {title}", width=24, height=1),
                *(cloudwatch.GraphWidget(title=label, left=[metric], width=8) for label, metric in metrics.items()),
            )

    def _topic(self, data: Data) -> sns.Topic:
        topic = sns.Topic(self, "alarms", display_name="FlowLens", master_key=data.key, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsSpeakHere",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return topic

    def _flows(self, data: Data, ingest: Ingest) -> dict[str, cloudwatch.IMetric]:
        graphs: dict[str, cloudwatch.IMetric] = {}
        for declared in manifest.MAPPINGS:
            age = data.streams[declared.stream].metric_get_records_iterator_age_milliseconds(
                period=_MINUTES, statistic="max"
            )
            self._alarm(f"{declared.stream}-late", age, _LATE.to_milliseconds(), "Flows wait to be counted")
            parked = data.queues[declared.on_failure].metric_approximate_number_of_messages_visible(period=_MINUTES)
            self._alarm(f"{declared.on_failure}-filled", parked, 0, "Records were given up; their bytes are kept")
            graphs |= {f"{declared.stream}: age": age, declared.on_failure: parked}
        for source in manifest.QUEUE_SOURCES:
            queue = data.queues[source.queue]
            waiting = queue.metric_approximate_age_of_oldest_message(period=_MINUTES, statistic="max")
            self._alarm(f"{source.queue}-late", waiting, _LOGS_LATE.to_seconds(), "Flow logs wait to be read")
            graphs[f"{source.queue}: age"] = waiting
        for aside in (queue.failed for queue in manifest.QUEUES if queue.failed):
            failed = data.queues[aside].metric_approximate_number_of_messages_visible(period=_MINUTES)
            self._alarm(
                f"{aside}-filled", failed, 0, _ASIDE.get(aside, "Flow logs could not be read; each message says why")
            )
            graphs[aside] = failed
        lost = self._lost()
        self._alarm("collector-drops", lost, 0, "Collectors lost flows; the sources page says whose and why")
        healthy = ingest.front.targets[0].metrics.healthy_host_count(period=_MINUTES, statistic="min")
        self._alarm(
            "collectors-missing",
            healthy,
            len(ingest.collectors),
            "Fewer collectors answer than there should be",
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
        refused = self._counted(manifest.DELTAS_REFUSED)
        self._alarm("deltas-refused", refused, 0, "The database refused what was counted; it waits in the table deltas")
        counted = self._counted(manifest.FLOWS_COUNTED)
        return {
            **graphs,
            "Flows counted": counted,
            "Deltas refused": refused,
            "Flows lost": lost,
            "Collectors": healthy,
        }

    def _functions(self, tasks: list[Task], workflows: Workflows) -> dict[str, cloudwatch.IMetric]:
        graphs: dict[str, cloudwatch.IMetric] = {}
        for task in tasks:
            label = task.node.id
            errors, throttles = (
                task.function.metric_errors(period=_MINUTES),
                task.function.metric_throttles(period=_MINUTES),
            )
            self._alarm(f"{label}-errors", errors, 0, f"{label} failed")
            self._alarm(f"{label}-throttled", throttles, 0, f"{label} was held back", periods=3)
            graphs |= {f"{label}: errors": errors, f"{label}: throttled": throttles}
        for name, workflow in workflows.workflows.items():
            failed = workflow.machine.metric_failed(period=_MINUTES)
            self._alarm(f"{name}-failed", failed, 0, f"The {name} workflow failed")
            graphs[f"{name}: failed"] = failed
        broken = self._counted(manifest.TRAILS_BROKEN)
        self._alarm(
            "audit-broken", broken, 0, "An audit trail is not what was signed before; the log of sign says whose"
        )
        graphs |= {"Audit: heads signed": self._counted(manifest.HEADS_SIGNED), "Audit: trails broken": broken}
        return graphs

    def _behind(self, api: Api, data: Data, settings: Settings) -> dict[str, cloudwatch.IMetric]:
        broken = api.http.metric_server_error(period=_MINUTES, statistic="sum")
        self._alarm("api-broken", broken, 0, "The API answered with a 5xx status")
        capacity = data.database.cluster.metric_serverless_database_capacity(period=_MINUTES, statistic="max")
        self._alarm(
            "database-full",
            capacity,
            settings.database_max_acu * _BUSY,
            "The database is near its largest size",
            periods=3,
        )
        uncounted = self._counted(manifest.UNCOUNTED)
        self._alarm("quotas-uncounted", uncounted, 0, "Requests were answered without being held against quotas")
        return {
            "API: 5xx": broken,
            "API: over quota": self._counted(manifest.OVER_QUOTA),
            "API: not counted": uncounted,
            "API: latency": api.http.metric_latency(period=_MINUTES, statistic="p95"),
            "Database capacity": capacity,
        }

    def _counted(self, name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=manifest.METRICS,
            metric_name=name,
            dimensions_map={"service": self._service},
            period=_MINUTES,
            statistic="sum",
        )

    def _lost(self) -> cloudwatch.MathExpression:
        """All that collectors lose, from their own counters, which the agent beside them reads."""
        metrics = {
            name: cloudwatch.Metric(
                namespace=manifest.METRICS,
                metric_name=f"flowlens_collector_{name}_total",
                dimensions_map={"job": self._service},
                period=_MINUTES,
                statistic="sum",
            )
            for name in manifest.COLLECTOR_LOSSES
        }
        total = " + ".join(f"FILL({name}, 0)" for name in metrics)
        return cloudwatch.MathExpression(expression=total, using_metrics=metrics, label="Lost", period=_MINUTES)

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        meaning: str,
        *,
        periods: int = 1,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=comparison,
            treat_missing_data=missing,
            alarm_description=meaning,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)

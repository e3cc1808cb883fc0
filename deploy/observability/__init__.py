"""What an endpoint shows of itself: a dashboard, and queries of its log.

dashboard.py    the dashboard's body: SageMaker's metrics, and those of our container
queries.py      queries of Logs Insights
made.py         what of it is there, made what it should be, removed
command.py      `python -m deploy observe`
"""

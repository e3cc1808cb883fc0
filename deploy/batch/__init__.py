"""Batch transform: a file of scans in, the same file with an answer beside every record out.

scans.csv ──▶ records.py ──▶ S3 ──▶ job.py ──▶ S3 ──▶ result.py ──▶ table, file, picture
              checked,              created,           counted, held
              no header             waited for         to the input
                                        └─ failed ──▶ blame.py: which line, and why
"""

# syntax=ghcr.io/team/frontend:2
INCLUDE common
FROM debian

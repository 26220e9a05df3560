FROM debian:12.9-slim
ENV WHO=0
USER $WHO
CMD ["/app"]

FROM debian:12.9-slim AS base
CMD /one
CMD /two
CMD /three
FROM base
USER app

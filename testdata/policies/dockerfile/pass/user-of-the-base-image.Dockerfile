FROM mcr.microsoft.com/dotnet/aspnet:9.0.1
COPY app /app
USER $APP_UID
CMD ["/app"]

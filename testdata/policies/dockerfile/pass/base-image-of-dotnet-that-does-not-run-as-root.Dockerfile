FROM mcr.microsoft.com/dotnet/aspnet:8.0.11-noble-chiseled-extra
ENTRYPOINT ["/app/shop"]

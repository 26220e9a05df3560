FROM mcr.microsoft.com/dotnet/runtime:8.0.11-noble-chiseled
CMD ["/app"]

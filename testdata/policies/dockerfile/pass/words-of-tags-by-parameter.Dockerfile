FROM mcr.microsoft.com/dotnet/runtime:8.0.11-azurelinux3.0-distroless
CMD ["/app"]

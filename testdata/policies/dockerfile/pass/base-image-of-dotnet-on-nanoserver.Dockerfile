FROM mcr.microsoft.com/dotnet/runtime:8.0.11-nanoserver-ltsc2022
CMD ["app.exe"]

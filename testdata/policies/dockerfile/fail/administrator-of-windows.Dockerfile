FROM mcr.microsoft.com/windows/nanoserver:ltsc2025
USER containeradministrator
CMD ["app.exe"]

# escape=`
FROM mcr.microsoft.com/windows/nanoserver:ltsc2025
COPY app `
  C:\app
USER ContainerUser
CMD ["C:\\app\\app.exe"]

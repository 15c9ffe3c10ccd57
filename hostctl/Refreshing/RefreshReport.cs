using System.Globalization;
using HostSwap.Hostctl.Commands;
using HostSwap.Hostctl.Reporting;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Refreshing;

/// <summary>The page about a refresh's swap, kept for breakfast.</summary>
internal static class RefreshReport
{
    private const int Kept = 50;

    /// <summary>Writes it.</summary>
    /// <returns>Its file; null where it could not be written, which the operator is warned of.</returns>
    public static async Task<string?> WriteAsync(Invocation invocation, IOuterHost host, RefreshRecord refresh, long operation)
    {
        if (host.Show(operation) is not { } details) return null;
        var directory = invocation.Settings.Paths.Reports;
        var path = Path.Join(directory, operation.ToString(CultureInfo.InvariantCulture) + ".html");
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await File.WriteAllTextAsync(path, ReportPage.Make(details, await PackagesAsync(invocation, host, details), invocation.Zone, refresh));
            foreach (var old in new DirectoryInfo(directory).GetFiles("*.html").OrderByDescending(static file => file.LastWriteTimeUtc).Skip(Kept))
                old.Delete();
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            invocation.Warn($"the report of operation {operation} cannot be written: {exception.Message}");
            return null;
        }
    }

    /// <summary>Which packages an operation changed. Images come and go; a report without them is one all the same.</summary>
    public static async Task<ImageComparison?> PackagesAsync(Invocation invocation, IOuterHost host, OperationDetails details)
    {
        try
        {
            return await host.CompareImagesOfAsync(details.Operation, invocation.Token);
        }
        catch (HostSwapException exception)
        {
            invocation.Warn($"which packages it changed is not known: {exception.Message}");
            return null;
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace HostSwap.Hostctl.Systemd;

/// <summary>
/// Tells systemd how far this process is where it runs as a unit of <c>Type=notify</c> (sd_notify(3)), and that it is alive where
/// the unit has a watchdog. Under no systemd it does nothing.
/// </summary>
internal sealed partial class ServiceManager : IDisposable
{
    private const string WatchdogVariable = "WATCHDOG_USEC";

    private readonly ITimer? _watchdog;

    private ServiceManager(ITimer? watchdog) => _watchdog = watchdog;

    /// <summary>Says that the service is up, and goes on saying so.</summary>
    public static ServiceManager Begin(HostctlServices services)
    {
        Notify("READY=1");
        // Twice as often as it must: sd_watchdog_enabled(3) asks for that. The pool's threads tell it, so one that is stuck is found out.
        var watchdog = services.Environment.GetValueOrDefault(WatchdogVariable) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros > 0
            ? services.Time.CreateTimer(static _ => Notify("WATCHDOG=1"), state: null, TimeSpan.Zero, TimeSpan.FromMicroseconds(micros / 2.0))
            : null;
        return new ServiceManager(watchdog);
    }

    /// <summary>The line that <c>systemctl status</c> shows.</summary>
    public void Status(string text) => Notify($"STATUS={text.ReplaceLineEndings(" ")}");

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        Notify("STOPPING=1");
        _watchdog?.Dispose();
    }

    // Whether it was heard is nobody's business: without a NOTIFY_SOCKET there is nobody to hear it.
    private static void Notify(string state) => _ = SdNotify(0, state);

    [LibraryImport("libsystemd.so.0", EntryPoint = "sd_notify", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SdNotify(int unsetEnvironment, string state);
}

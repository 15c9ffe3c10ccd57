using System.Globalization;
using System.Runtime.InteropServices;

namespace HostSwap.Hostctl.Systemd;

/// <summary>
/// Tells systemd how far this process is where it runs as a unit of <c>Type=notify</c> (sd_notify(3)), and that it is alive where
/// the unit has a watchdog. Under no systemd it does nothing.
/// </summary>
internal sealed partial class ServiceManager : IDisposable
{
    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string WatchdogVariable = "WATCHDOG_USEC";

    private readonly bool _heard;
    private ITimer? _watchdog;

    private ServiceManager(bool heard) => _heard = heard;

    /// <summary>Says that the service is up, and goes on saying so.</summary>
    public static ServiceManager Begin(HostctlServices services)
    {
        var manager = new ServiceManager(!string.IsNullOrEmpty(services.Environment.GetValueOrDefault(SocketVariable)));
        manager.Notify("READY=1");
        // Twice as often as it must: sd_watchdog_enabled(3) asks for that. The pool's threads tell it, so that they are found out where all are stuck.
        if (services.Environment.GetValueOrDefault(WatchdogVariable) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros > 0)
            manager._watchdog = services.Time.CreateTimer(_ => manager.Notify("WATCHDOG=1"), state: null, TimeSpan.Zero, TimeSpan.FromMicroseconds(micros / 2.0));
        return manager;
    }

    /// <summary>The line that <c>systemctl status</c> shows.</summary>
    public void Status(string text) => Notify($"STATUS={text.ReplaceLineEndings(" ")}");

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        Notify("STOPPING=1");
        _watchdog?.Dispose();
    }

    // That it could not be told hinders nobody: systemd sees the end of the process whatever was said before.
    private void Notify(string state)
    {
        if (_heard) _ = SdNotify(0, state);
    }

    [LibraryImport("libsystemd.so.0", EntryPoint = "sd_notify", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SdNotify(int unsetEnvironment, string state);
}

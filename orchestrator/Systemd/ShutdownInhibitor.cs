using System.ComponentModel;
using System.Diagnostics;

namespace HostSwap.Orchestrator.Systemd;

/// <summary>
/// Holds up a shutdown of the outer host while VMs move, by <c>systemd-inhibit</c>(1): 'systemctl reboot' is refused, unless
/// somebody insists. What holds it is a child that reads from this process and ends with it, whichever way that ends.
/// </summary>
public sealed class ShutdownInhibitor : IAsyncDisposable
{
    private const string Program = "systemd-inhibit";
    private const string Held = "held";

    /// <summary>There is a systemd that could shut down (sd_booted(3)).</summary>
    private const string Booted = "/run/systemd/system";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly Process _child;

    private ShutdownInhibitor(Process child) => _child = child;

    /// <summary>Takes it. What cannot be held up is told, and hinders no swap: it survives a power cut as well.</summary>
    /// <param name="why">What goes on, as whoever is refused reads it.</param>
    /// <param name="warn">Is told where it could not be taken.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Null where there is no systemd, or it refused.</returns>
    public static async Task<ShutdownInhibitor?> TryTakeAsync(string why, Action<string> warn, TimeProvider time)
    {
        if (!Directory.Exists(Booted))
            return null;
        var child = new Process
        {
            StartInfo = new ProcessStartInfo(Program, ["--what=shutdown:sleep", "--mode=block", "--who=hostctl", $"--why={why}", "cat"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            child.Start();
            // The word comes back from cat, which runs only once the lock is held.
            await child.StandardInput.WriteLineAsync(Held);
            await child.StandardInput.FlushAsync();
            if (await child.StandardOutput.ReadLineAsync().WaitAsync(Limit, time) is Held)
                return new ShutdownInhibitor(child);
            warn($"a shutdown is not held up: {(await child.StandardError.ReadToEndAsync()).Trim()}");
        }
        catch (Exception exception) when (exception is Win32Exception or IOException or TimeoutException)
        {
            warn($"a shutdown is not held up: {Program}: {exception.Message}");
        }

        await EndAsync(child);
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await EndAsync(_child);

    private static async Task EndAsync(Process child)
    {
        try
        {
            if (!child.HasExited)
            {
                child.StandardInput.Close();
                if (await Task.WhenAny(child.WaitForExitAsync(), Task.Delay(Limit)) is { } first && !child.HasExited)
                {
                    await first;
                    child.Kill(entireProcessTree: true);
                }
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException)
        {
            // It was never started, or has ended meanwhile.
        }

        child.Dispose();
    }
}

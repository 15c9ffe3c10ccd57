using System.Diagnostics;
using System.Globalization;
using HostSwap.Orchestrator.Locking;
using HostSwap.Orchestrator.Procfs;
using Shouldly;

namespace HostSwap.UnitTests.Locking;

/// <summary>A real process that does nothing, ended by its id.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="script">What a shell does; it says a line when it is ready to be signalled.</param>
    public ChildProcess(string script = "echo ready; exec sleep 600")
    {
        // A shell cannot trap what it was started to ignore, as SIGINT is for whatever runs in the background of another shell.
        _process = Process.Start(new ProcessStartInfo("env", ["--default-signal", "sh", "-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        _process.StandardOutput.ReadLine().ShouldBe("ready");
    }

    public int Pid => _process.Id;

    public LockHolder Holder => LockHolder.Of(Pid, "swap", new DateTimeOffset(2026, 11, 23, 6, 7, 8, TimeSpan.Zero));

    public void Stop()
    {
        Signal("-STOP");
        // The signal is sent when kill returns, and carried out a moment later.
        SpinWait.SpinUntil(() => ProcessStat.Read(Pid) is { IsStopped: true }, TimeSpan.FromSeconds(10)).ShouldBeTrue("the child must stop");
    }

    public void End()
    {
        _process.Kill();
        _process.WaitForExit(TimeSpan.FromSeconds(10)).ShouldBeTrue("the child must end");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            End();
        _process.Dispose();
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, Pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        kill.ExitCode.ShouldBe(0);
    }
}

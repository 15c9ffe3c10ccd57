using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Systemd;

/// <summary>
/// Waits for the end of one systemd's start-up. Until its bus accepts a connection, which in a new host container is
/// a few hundred milliseconds, it tries again; from then on systemd's own signals tell when to look.
/// </summary>
internal sealed class StartupWaiter(string socketPath, string system, TimeSpan limit, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long to trust in signals before looking all the same: JobRemoved and StartupFinished cover the ordinary
    /// end, but entering <c>maintenance</c> has no signal of its own.
    /// </summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(1);

    private readonly long _begun = time.GetTimestamp();
    private string _lastSeen = "no bus";

    private TimeSpan Left => limit - time.GetElapsedTime(_begun);

    /// <summary>Returns when start-up has ended, however it did.</summary>
    /// <exception cref="DeadlineException">It did not end in time.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            try
            {
                if (await WatchAsync(cancellationToken))
                    return;
            }
            // No socket yet, a stale one of an earlier run, a bus without systemd on it, a bus that is restarted:
            // all of them are stages of a start-up. The last one is in the deadline's text.
            catch (Exception e) when (e is BusException or IOException or DeadlineException)
            {
                _lastSeen = e.Message;
            }

            if (Left <= TimeSpan.Zero)
                throw new DeadlineException($"{system} to finish starting", limit, _lastSeen);
            await Task.Delay(Least(pause, Left), time, cancellationToken);
            pause = Least(pause * 2, LongestPause);
        }
    }

    /// <summary>Whether a <c>SystemState</c> is that of a start-up that has not ended (org.freedesktop.systemd1(5)).</summary>
    internal static bool IsStarting(string state) => state is "initializing" or "starting";

    /// <summary>What keeps start-up from ending, from the reply to ListJobs.</summary>
    internal static string DescribeJobs(BusReply jobs)
    {
        var texts = jobs.First.Items()
            .Select(job => job.Items())
            .Select(job => $"{job[1].AsString()} {job[2].AsString()} {job[3].AsString()}")
            .Order(StringComparer.Ordinal)
            .ToList();
        return texts.Count == 0 ? "no jobs" : $"jobs: {string.Join(", ", texts)}";
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>Watches over one connection; false when the time is up.</summary>
    private async Task<bool> WatchAsync(CancellationToken cancellationToken)
    {
        await using var bus = await BusConnection.OpenAsync(socketPath, system, AtLeastOneTry(), time, cancellationToken);
        var match = new BusMatch(SystemdHost.Destination, SystemdHost.ManagerPath, SystemdHost.ManagerInterface);
        await using var signals = await bus.SubscribeAsync(match, AtLeastOneTry(), cancellationToken);
        // systemd sends its signals only while somebody has asked for them.
        await bus.CallAsync(SystemdHost.ManagerCall("Subscribe"), AtLeastOneTry(), cancellationToken);
        await using var received = signals.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        Task<bool>? next = null;
        try
        {
            while (true)
            {
                // The state is read after subscribing, and again after each signal: no change can fall between.
                var state = await ReadStateAsync(bus, cancellationToken);
                if (!IsStarting(state))
                    return true;
                if (Left <= TimeSpan.Zero)
                    return false;
                next = await WaitForChangeAsync(received, next, cancellationToken);
            }
        }
        finally
        {
            await DrainAsync(bus, next);
        }
    }

    /// <summary>Waits until something may have changed; returns the read that is still under way.</summary>
    private async Task<Task<bool>?> WaitForChangeAsync(
        IAsyncEnumerator<BusSignal> received, Task<bool>? next, CancellationToken cancellationToken)
    {
        var silence = Task.Delay(Least(LongestSilence, AtLeastOneTry()), time, cancellationToken);
        next ??= received.MoveNextAsync().AsTask();
        while (await Task.WhenAny(next, silence) == next)
        {
            await next;
            if (received.Current.Member is "StartupFinished")
                return null;
            next = received.MoveNextAsync().AsTask();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return next;
    }

    /// <summary>Ends a read that is under way, as an enumerator may not be disposed of before.</summary>
    private static async Task DrainAsync(BusConnection bus, Task<bool>? next)
    {
        if (next is null)
            return;
        await bus.DisposeAsync();
        // It ends with the connection's end, which was just brought about; that is no news.
        await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<string> ReadStateAsync(BusConnection bus, CancellationToken cancellationToken)
    {
        var call = BusCall.Get(
            SystemdHost.Destination, SystemdHost.ManagerPath, SystemdHost.ManagerInterface, "SystemState");
        var state = (await bus.CallAsync(call, AtLeastOneTry(), cancellationToken)).First.AsString();
        if (IsStarting(state))
        {
            var jobs = await bus.CallAsync(SystemdHost.ManagerCall("ListJobs"), AtLeastOneTry(), cancellationToken);
            _lastSeen = $"{state}, {DescribeJobs(jobs)}";
        }

        return state;
    }

    /// <summary>What is left of the limit, and enough for one answer where that is nothing.</summary>
    private TimeSpan AtLeastOneTry() => Left > LongestPause ? Left : LongestPause;
}

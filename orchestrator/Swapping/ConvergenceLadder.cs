using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Says when a copy climbs, and to what: a function of the time that it has taken and of what QEMU tells of it. It climbs
/// when it has come no nearer to its end for a while, and in any case in equal parts of its time limit, so that at its
/// limit all has been tried.
/// </summary>
/// <remarks>
/// What counts as nearer: in the first pass every byte less that remains. After it, what the guest has dirtied meanwhile
/// is what remains as a pass begins, and that has to shrink by a tenth; that the bytes of one pass are being sent says
/// nothing. A copy converges when what is left can be sent within the downtime (QEMU's <c>migration_iteration_run</c>).
/// </remarks>
internal sealed class ConvergenceLadder
{
    private readonly TimeSpan _patience;
    private readonly IReadOnlyList<Climb> _steps;

    private ConvergencePolicy _policy;
    private int _taken;
    private TimeSpan _nearer;
    private bool _passWithoutGain;
    private int _pass;
    private long _least = long.MaxValue;
    private bool _throttled;
    private TimeSpan? _lastResortAt;

    /// <summary>The ladder of one migration.</summary>
    /// <param name="policy">What is at its top.</param>
    /// <param name="settings">How far its rungs may go.</param>
    /// <param name="limit">Its time limit.</param>
    public ConvergenceLadder(ConvergencePolicy policy, MigrationSettings settings, TimeSpan limit)
    {
        (_policy, Limit, _patience) = (policy, limit, settings.Convergence.ClimbAfter);
        _steps = [.. Steps(settings)];
    }

    /// <summary>How long it may take before the last resort.</summary>
    public TimeSpan Limit { get; }

    /// <summary>How high it has climbed.</summary>
    public Rung Highest { get; private set; }

    /// <summary>The next step up; null while there is no reason for one.</summary>
    /// <param name="elapsed">Time since it began.</param>
    /// <param name="job">What is known of it now. While QEMU has not begun to send, all sizes are 0.</param>
    public Climb? Next(TimeSpan elapsed, DomainJob job)
    {
        Watch(elapsed, job);
        var climb = Throttled(job) ?? Decide(elapsed, begun: job.DataTotal > 0);
        if (climb is null)
            return null;

        (_nearer, _passWithoutGain) = (elapsed, false);
        Highest = climb.Rung > Highest ? climb.Rung : Highest;
        return climb;
    }

    /// <summary>What was decided last could not be done; without its last resort it stays.</summary>
    public void Refused()
    {
        if (_lastResortAt is not null)
            (_policy, _lastResortAt) = (ConvergencePolicy.Stay, null);
    }

    private static IEnumerable<Climb> Steps(MigrationSettings settings)
    {
        var convergence = settings.Convergence;
        if (settings.BandwidthMiBPerSecond is { } limit && (convergence.MaximumBandwidthMiBPerSecond is not { } most || most > limit))
            yield return new Climb(Rung.Bandwidth, "", MiBPerSecond: convergence.MaximumBandwidthMiBPerSecond);

        for (var downtime = convergence.Downtime; downtime < convergence.MaximumDowntime;)
        {
            downtime = downtime * 2 < convergence.MaximumDowntime ? downtime * 2 : convergence.MaximumDowntime;
            yield return new Climb(Rung.Downtime, "", Downtime: downtime);
        }
    }

    private void Watch(TimeSpan elapsed, DomainJob job)
    {
        if (job.DataTotal == 0)
        {
            _nearer = elapsed;
            return;
        }

        const int FirstPass = 1;
        var passBegins = job.Iteration != _pass;
        var nearer = job.Iteration <= FirstPass
            ? job.DataRemaining < _least
            : passBegins && (_pass <= FirstPass || job.DataRemaining <= _least / 10 * 9);
        if (nearer)
            (_nearer, _least, _passWithoutGain) = (elapsed, job.DataRemaining, false);
        else if (passBegins)
            _passWithoutGain = true;
        _pass = job.Iteration;
    }

    /// <summary>QEMU does this by itself; it is told once, and given time to have its effect.</summary>
    private Climb? Throttled(DomainJob job)
    {
        if (_throttled || job.ThrottlePercent == 0)
            return null;
        _throttled = true;
        return new Climb(Rung.AutoConverge, FormattableString.Invariant($"it dirties memory faster than it is sent (by {job.ThrottlePercent} % so far)"));
    }

    private Climb? Decide(TimeSpan elapsed, bool begun)
    {
        if (_lastResortAt is { } since)
            return _policy == ConvergencePolicy.Pause && elapsed - since > Limit ? Stay("the copy was not even complete after its guest had stood still for as long again") : null;
        if (elapsed > Limit)
            return begun ? LastResort(elapsed, TooLate()) : Stay(TooLate());
        if (!begun || WhyNow(elapsed) is not { } why)
            return null;
        if (_taken < _steps.Count)
            return _steps[_taken++] with { Why = why };

        // To stay costs nothing but time, and the guest may calm down: all of its time is granted.
        return _policy == ConvergencePolicy.Stay ? null : LastResort(elapsed, why);
    }

    private string? WhyNow(TimeSpan elapsed)
    {
        if (_passWithoutGain && elapsed - _nearer >= _patience)
            return FormattableString.Invariant($"it has come no nearer to its end for {(elapsed - _nearer).TotalSeconds:0.0} s");

        var parts = _steps.Count + 1;
        return _taken < _steps.Count && elapsed > Limit * (_taken + 1) / parts
            ? FormattableString.Invariant($"{_taken + 1} of {parts} parts of its {Limit.TotalSeconds:0} s are over")
            : null;
    }

    private string TooLate() =>
        FormattableString.Invariant($"it did not finish within {Limit.TotalSeconds:0} s (migration.deadline_base and deadline_per_gib)");

    private Climb LastResort(TimeSpan elapsed, string why)
    {
        if (_policy == ConvergencePolicy.Stay)
            return Stay(why);
        _lastResortAt = elapsed;
        return new Climb(_policy == ConvergencePolicy.PostCopy ? Rung.PostCopy : Rung.Pause, why);
    }

    private static Climb Stay(string why) => new(Rung.Stay, why);
}

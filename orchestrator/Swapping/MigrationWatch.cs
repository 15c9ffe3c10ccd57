using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Says when a migration stands still or is interrupted, and remembers why it was first told to abort.</summary>
internal sealed class MigrationWatch(MigrationSettings settings, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private long _lastProgress = time.GetTimestamp();
    private long _processed;
    private long _aborted;

    /// <summary>How long it has taken.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    /// <summary>Why it was first told to abort; null where it was not.</summary>
    public string? Aborted { get; private set; }

    /// <summary>How long a migration of so much memory may take in all.</summary>
    public static TimeSpan LimitOf(MigrationSettings settings, long memoryBytes) =>
        settings.DeadlineBase + (settings.DeadlinePerGiB * (memoryBytes / (double)(1L << 30)));

    /// <summary>Notes progress. While libvirt still starts the other QEMU, all sizes are 0: that is no standstill.</summary>
    public void Saw(DomainJob job)
    {
        if (job.DataProcessed <= _processed && job.DataTotal > 0)
            return;

        _processed = job.DataProcessed;
        _lastProgress = time.GetTimestamp();
    }

    /// <summary>Notes an abort; returns how long ago the first one was.</summary>
    public TimeSpan Abort(string why)
    {
        if (Aborted is null)
        {
            Aborted = why;
            _aborted = time.GetTimestamp();
        }

        return time.GetElapsedTime(_aborted);
    }

    /// <summary>Why it is to be aborted now; null where there is no reason.</summary>
    public string? WhyGiveUp(CancellationToken stop)
    {
        if (Aborted is not null)
            return Aborted;
        if (stop.IsCancellationRequested)
            return "the swap was interrupted";
        if (time.GetElapsedTime(_lastProgress) > settings.NoProgressLimit)
            return string.Create(CultureInfo.InvariantCulture, $"nothing was sent for {settings.NoProgressLimit.TotalSeconds:0} s (migration.no_progress_limit)");
        return null;
    }
}

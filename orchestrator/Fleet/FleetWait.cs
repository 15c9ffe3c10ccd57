using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>Asks for a slot again and again for as long as the configuration has it waited for.</summary>
internal static class FleetWait
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Asks at least once.</summary>
    /// <param name="limit">How long it is waited for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ask">Asks; its failures are those of <see cref="IFleetLock.AcquireAsync"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<IFleetSlot> RunAsync(TimeSpan limit, TimeProvider time, Func<Task<IFleetSlot>> ask, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            TimeSpan left;
            try
            {
                return await ask();
            }
            catch (Exception exception) when (exception is FleetBusyException or EnvironmentException)
            {
                // A service that is away for a moment, as while it elects a leader, ends no wait of hours.
                left = limit - time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero)
                    throw;
            }

            // Of several that wait, it is chance who asks first.
            var pause = Pause * (0.5 + Random.Shared.NextDouble());
            await Task.Delay(pause < left ? pause : left, time, cancellationToken);
        }
    }
}

using System.Globalization;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Verifying.Checks;

/// <summary>Whether a guest is the one that it was before a move, by what its agent told then and tells now.</summary>
internal static class GuestCheck
{
    /// <summary>Name of the check of the boot id.</summary>
    public const string BootName = "boot";

    /// <summary>Name of the check of the clock.</summary>
    public const string ClockName = "clock";

    /// <summary>A clock may stand still for a move's downtime; more than this is a jump.</summary>
    private static readonly TimeSpan LargestJump = TimeSpan.FromSeconds(1);

    /// <summary>Compares; what was not told on either side is left out.</summary>
    public static IEnumerable<HealthCheck> Compare(DomainRecord domain, GuestFacts before, GuestFacts now)
    {
        if (before.BootId is { } then && now.BootId is { } boot)
        {
            yield return then == boot
                ? VmCheck.Ok(BootName, domain, $"same boot, {boot}")
                : VmCheck.Make(BootName, domain, HealthStatus.Error, $"its guest was started anew: its boot id was {then} and is {boot}", "Look into the guest for the reason.");
        }

        if (before.Clock is { } earlier && now.Clock is { } later)
        {
            var jump = later.Offset - earlier.Offset;
            yield return jump.Duration() <= LargestJump + earlier.Uncertainty + later.Uncertainty
                ? VmCheck.Ok(ClockName, domain, $"its clock is {Seconds(jump)} from where it would have been")
                : VmCheck.Make(ClockName, domain, HealthStatus.Error, $"its clock jumped by {Seconds(jump)}", "Set the guest's clock, and see that it synchronises it.");
        }
    }

    /// <summary>What a guest tells now, where there is nothing to compare it with.</summary>
    public static HealthCheck? Tell(DomainRecord domain, GuestFacts now) => now switch
    {
        { BootId: null, Clock: null } => null,
        _ => VmCheck.Ok(
            "agent",
            domain,
            string.Join(", ", new[] { now.BootId is { } boot ? $"boot {boot}" : null, now.Clock is { } clock ? $"clock {Seconds(clock.Offset)} from this machine's" : null }.OfType<string>())),
    };

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:+0.00;-0.00;0} s");
}

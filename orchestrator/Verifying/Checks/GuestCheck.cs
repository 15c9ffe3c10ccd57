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

    /// <summary>Name of the check of the agent itself.</summary>
    public const string AgentName = "agent";

    /// <summary>A clock may stand still for a move's downtime; more than this is a jump.</summary>
    private static readonly TimeSpan LargestJump = TimeSpan.FromSeconds(1);

    /// <summary>Compares; what was not told before is left out, and what is not told any more is doubtful.</summary>
    /// <param name="domain">The VM.</param>
    /// <param name="before">What it told before.</param>
    /// <param name="now">What it tells now.</param>
    /// <param name="rebooted">Whether its guest is known to have rebooted in between: then both may well differ.</param>
    public static IEnumerable<HealthCheck> Compare(DomainRecord domain, GuestFacts before, GuestFacts now, bool rebooted)
    {
        var severity = rebooted ? HealthStatus.Warning : HealthStatus.Error;
        if (before.BootId is { } then && now.BootId is { } boot)
        {
            yield return then == boot
                ? VmCheck.Ok(BootName, domain, $"same boot, {boot}")
                : VmCheck.Make(
                    BootName,
                    domain,
                    severity,
                    $"its guest was started anew{(rebooted ? " by a reboot of its own" : "")}: its boot id was {then} and is {boot}",
                    "Look into the guest for the reason.");
        }

        if ((before.BootId is not null && now.BootId is null) || (before.Clock is not null && now.Clock is null))
            yield return VmCheck.Make(AgentName, domain, HealthStatus.Warning, $"its guest told more of itself before: {now.Untold}", "Look at the agent in the guest.");

        if (before.Clock is { } earlier && now.Clock is { } later)
        {
            var jump = later.Offset - earlier.Offset;
            yield return jump.Duration() <= LargestJump + earlier.Uncertainty + later.Uncertainty
                ? VmCheck.Ok(ClockName, domain, $"its clock is {Seconds(jump)} from where it would have been")
                : VmCheck.Make(ClockName, domain, severity, $"its clock jumped by {Seconds(jump)}", "Set the guest's clock, and see that it synchronises it.");
        }
    }

    /// <summary>What a guest tells now, where there is nothing to compare it with.</summary>
    public static HealthCheck? Tell(DomainRecord domain, GuestFacts now) => now switch
    {
        _ when now == GuestFacts.NoAgent => null,
        { BootId: null, Clock: null } => VmCheck.Make(
            AgentName, domain, HealthStatus.Warning, now.Untold ?? "", "Look at the agent in the guest; without it a swap cannot ask whether the guest is still the same."),
        _ => VmCheck.Ok(
            AgentName,
            domain,
            string.Join(", ", new[] { now.BootId is { } boot ? $"boot {boot}" : null, now.Clock is { } clock ? $"clock {Seconds(clock.Offset)} from this machine's" : null }.OfType<string>())),
    };

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:+0.00;-0.00;0} s");
}

using HostSwap.Lab.Hosts;

namespace HostSwap.Lab.Guests;

/// <summary>The agents of guests.</summary>
public static class GuestAgent
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Waits until a guest's agent answers; it is started after the first ticks.</summary>
    public static Task AwaitAsync(Generation generation, Guest guest, CancellationToken cancellationToken)
    {
        var seen = "";
        return Poll.UntilAsync(
            $"the agent of {guest.Name}",
            Limit,
            async token =>
            {
                var result = await generation.TryAsync(["virsh", "qemu-agent-command", guest.Uuid, """{"execute":"guest-ping"}"""], token);
                seen = result.Describe();
                return result.ExitCode == 0;
            },
            () => $"{seen}; {guest.ReadLog().Tail()}",
            cancellationToken);
    }
}

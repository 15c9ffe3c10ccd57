using System.Globalization;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Bench.Measuring;

/// <summary>What plain virsh has done with one guest.</summary>
/// <param name="Begin">When its <c>virsh migrate</c> began, in nanoseconds.</param>
/// <param name="End">When it ended.</param>
/// <param name="Job">libvirt's figures.</param>
internal sealed record VirshMove(long Begin, long End, JobInfo Job)
{
    /// <summary>How long it took.</summary>
    public double ElapsedMs => (End - Begin) / 1e6;
}

/// <summary>
/// Moves guests by plain <c>virsh migrate</c> between two generations, from within the source's container, as an
/// administrator without hostctl would. All of them are moved by one <c>docker exec</c>, and each takes its own time with
/// the clock there, so that neither Docker nor this program is measured.
/// </summary>
internal static class VirshMigration
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Its arguments are the peer's URI, further options, and the guest's UUID, which xargs appends. QEMU leaves its listening
    /// socket behind, and the next migration could not make its own.
    /// </summary>
    private const string Script =
        """
        peer=$1; shift
        for vm; do :; done
        socket=/run/hostswap/migrate/$vm.sock
        rm -f "$socket"
        begin=$(date +%s%N)
        virsh --quiet migrate --live --p2p --persistent --undefinesource --desturi "$peer" --migrateuri "unix://$socket" "$@" || exit 255
        echo "$vm $begin $(date +%s%N)"
        """;

    /// <summary>Moves them; what virsh could not move is an error.</summary>
    public static async Task<IReadOnlyDictionary<Guest, VirshMove>> RunAsync(
        IReadOnlyList<Guest> guests, (Generation From, Generation To) sides, VirshStyle style, CancellationToken cancellationToken)
    {
        var peer = $"qemu+unix:///system?socket=/run/hostswap/generations/{Text(sides.To.Number)}/libvirt/libvirt-sock";
        string[] command = ["xargs", "-P", Text(style.Lanes), "-n", "1", "sh", "-c", Script, "bench", peer, .. Options(style)];
        var input = string.Join('\n', guests.Select(static guest => guest.Uuid)) + "\n";
        var result = await sides.From.TryAsync(command, cancellationToken, input, Limit);
        var times = Times(result.Succeeded());
        var moves = new Dictionary<Guest, VirshMove>();
        foreach (var guest in guests)
        {
            if (!times.TryGetValue(guest.Spec.Uuid, out var time)) throw new LabException($"virsh did not move {guest.Name}: {result.Describe()}");
            var job = JobInfo.Parse(await sides.To.VirshAsync(["domjobinfo", guest.Uuid, "--completed", "--rawstats"], cancellationToken));
            moves[guest] = new VirshMove(time.Begin, time.End, job);
        }

        return moves;
    }

    private static IReadOnlyList<string> Options(VirshStyle style) =>
    [
        .. style.Connections > 1 ? new[] { "--parallel", "--parallel-connections", Text(style.Connections) } : [],
        .. style.Timeout is { } timeout ? new[] { "--timeout", Text((int)timeout.TotalSeconds), "--timeout-suspend" } : [],
    ];

    private static Dictionary<Guid, (long Begin, long End)> Times(CommandResult result) => DockerCli.Lines(result.Output)
        .Select(static line => line.Split(' '))
        .ToDictionary(
            static words => Guid.Parse(words[0]),
            static words => (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture)));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Net;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Shouldly;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// A whole Debian with systemd and PostgreSQL as a guest, and beside it a container on its network from which the database is
/// used: what crosses with the VM is a file system, a service manager, shared memory, and connections of others.
/// </summary>
internal sealed class DatabaseGuest
{
    /// <summary>A whole Debian boots on two emulated cores.</summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(4);

    private readonly Guest _guest;
    private readonly string _client;

    private DatabaseGuest(Guest guest, string client) => (_guest, _client) = (guest, client);

    /// <summary>The guest.</summary>
    public Guest Guest => _guest;

    /// <summary>Boots it in a generation, and waits until its database answers.</summary>
    public static async Task<DatabaseGuest> StartAsync(OuterHostLab lab, Generation generation, GuestSpec spec, CancellationToken cancellationToken)
    {
        foreach (var file in new[] { "disk.img", "vmlinuz", "initrd.img" })
            if (!File.Exists(Path.Join(Repository.Database, file)))
                throw new LabException($"there is no {Path.Join(Repository.Database, file)}: run 'tests/lab/with-docker images/build database' first");

        var guest = await DefineAsync(lab, generation, spec, cancellationToken);
        await generation.VirshAsync(["start", guest.Uuid], cancellationToken);
        var client = await DockerCli.RunAsync(
            [
                "run", "--detach", "--network", lab.Network, "--label", lab.Label,
                Repository.DatabaseClient, "sleep", "infinity",
            ],
            cancellationToken);
        var database = new DatabaseGuest(guest, client);
        await Poll.UntilAsync(
            $"PostgreSQL of {spec.Name} to answer",
            BootLimit,
            async token => (await database.TryAsync(["pg_isready", "--quiet", "--host", database.Address], token)).ExitCode == 0,
            () => File.Exists(guest.ConsoleLog) ? guest.ReadLog().Tail() : "no console",
            cancellationToken);
        return database;
    }

    /// <summary>Makes pgbench's tables.</summary>
    public async Task FillAsync(int scale, CancellationToken cancellationToken) =>
        (await TryAsync(["pgbench", "--initialize", "--quiet", "--scale", $"{scale}", .. Login, "postgres"], cancellationToken, TimeSpan.FromMinutes(2))).Succeeded();

    /// <summary>
    /// Runs transactions over four connections that are never opened again for so long. pgbench ends at once with an error
    /// where a connection breaks, and counts what fails.
    /// </summary>
    public Task<CommandResult> RunLoadAsync(TimeSpan duration, CancellationToken cancellationToken) => TryAsync(
        ["pgbench", "--no-vacuum", "--client", "4", "--jobs", "2", "--time", $"{duration.TotalSeconds:0}", "--progress", "1", .. Login, "postgres"],
        cancellationToken,
        duration + TimeSpan.FromMinutes(1));

    /// <summary>Asks the database a question with one answer.</summary>
    public async Task<string> AskAsync(string question, CancellationToken cancellationToken) =>
        (await TryAsync(["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command", question, .. Login, "postgres"], cancellationToken))
            .Succeeded().Output.Trim();

    /// <summary>
    /// Looks at every table and index page: heaps against their indexes, all checksums, and that what pgbench has added up
    /// is the same in all four tables.
    /// </summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        (await TryAsync(["pg_amcheck", "--install-missing", "--heapallindexed", "--parent-check", .. Login, "postgres"], cancellationToken, TimeSpan.FromMinutes(3))).Succeeded();
        (await AskAsync("SELECT coalesce(sum(checksum_failures), 0) FROM pg_stat_database", cancellationToken)).ShouldBe("0");
        (await AskAsync(
            "SELECT count(DISTINCT total) FROM (SELECT sum(abalance) FROM pgbench_accounts UNION ALL SELECT sum(tbalance) FROM pgbench_tellers"
            + " UNION ALL SELECT sum(bbalance) FROM pgbench_branches UNION ALL SELECT coalesce(sum(delta), 0) FROM pgbench_history) AS sums(total)",
            cancellationToken)).ShouldBe("1");
    }

    private string Address => _guest.Address.ToString();

    private string[] Login => ["--host", Address, "--username", "postgres"];

    private Task<CommandResult> TryAsync(IReadOnlyList<string> command, CancellationToken cancellationToken, TimeSpan? limit = null) =>
        DockerCli.ExecAsync(_client, command, cancellationToken, limit);

    private static async Task<Guest> DefineAsync(OuterHostLab lab, Generation generation, GuestSpec spec, CancellationToken cancellationToken)
    {
        string Own(string file) => Path.Join(lab.GuestDirectory, $"database-{file}");
        foreach (var file in new[] { "disk.img", "vmlinuz", "initrd.img" })
            // Holes stay holes, and where the file system can share blocks nothing is copied.
            (await Command.RunAsync("cp", ["--sparse=always", "--reflink=auto", Path.Join(Repository.Database, file), Own(file)], cancellationToken, TimeSpan.FromMinutes(2))).Succeeded();
        await generation.RunAsync(["chown", "libvirt-qemu:kvm", Own("disk.img")], cancellationToken);
        var placement = new GuestPlacement(
            lab.AcceleratorName, Own("vmlinuz"), Own("initrd.img"), Own("console.log"), Own("disk.img"), lab.Subnet.Guest(100), lab.Subnet.Gateway, FreeSubnet.PrefixLength);
        var definition = DomainXmlWriter.Write(spec with { Disk = DiskFormat.Raw }, placement);
        definition.Root!.Element("os")!.Element("cmdline")!.Value = CommandLine(placement.Address, placement.Gateway);
        var guest = new Guest(spec, placement.Address, placement.ConsoleLog, placement.DiskPath, definition.ToString());
        await generation.VirshAsync(["define", "/dev/stdin"], cancellationToken, guest.Xml);
        return guest;
    }

    /// <summary>See images/database/make. The name of the card would depend on where libvirt puts it.</summary>
    private static string CommandLine(IPAddress address, IPAddress gateway) =>
        $"root=/dev/vda rw console=ttyS0 no_timer_check net.ifnames=0 ip={address}::{gateway}:255.255.255.0::eth0:none";
}

using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// What an operator has defined besides VMs is on the other side afterwards, with the values of secrets, and what was changed
/// or removed there comes back with a rollback.
/// </summary>
public sealed class CarriedObjectsTests
{
    private const string Network = "backstage";
    private const string Pool = "images";
    private const string Told = "6b0a5b3e-0000-4000-8000-000000000001";
    private const string Private = "6b0a5b3e-0000-4000-8000-000000000002";
    private const string Empty = "6b0a5b3e-0000-4000-8000-000000000003";

    // "value" and "other", of which the first byte of the second is none of UTF-8.
    private const string First = "dmFsdWU=";
    private const string Second = "/3RoZXI=";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    public async Task Everything_is_carried_over_and_changes_come_back_with_a_rollback(string from, string to)
    {
        var options = new LabOptions { Purpose = "carried objects", Image = from }.With("generation", "soak = \"1h\"");
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        var old = await lab.GenerationAsync(1, Token);
        await OuterHostLab.AddNetworkAsync(old, Network, "virbr-back", Token);
        await lab.AddPoolAsync(old, Pool, Token);
        await DefineAsync(old, "nwfilter-define", Filter("tenant-base"));
        await DefineAsync(old, "nwfilter-define", Filter("tenant", "tenant-base", "clean-traffic"));
        await AddSecretAsync(old, Told, isPrivate: false, First);
        await AddSecretAsync(old, Private, isPrivate: true, First);
        await AddSecretAsync(old, Empty, isPrivate: false, value: null);
        await lab.AddGuestsAsync(
            old,
            [new GuestSpec("web") { Disk = DiskFormat.Qcow2, Autostart = true }, new GuestSpec("spare") { State = GuestState.ShutOff, Autostart = true }],
            Token);
        var plan = await lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", to], Token);
        plan.Plan.NetworkFilters.ShouldBe(["tenant", "tenant-base"]);
        plan.Plan.Secrets.ShouldBe([Told, Private, Empty]);
        RequirePackages(plan.Plan.Packages.ShouldNotBeNull(), changes: !string.Equals(from, to, StringComparison.Ordinal));

        await MustAsync(lab, ["swap", "--yes", "--force", "--image", to]);

        await OnlyTheImagesOwnDiffersAsync(lab, plan.Plan);
        var fresh = await lab.GenerationAsync(2, Token);
        (await ValueAsync(fresh, Told)).ShouldBe(First);
        (await KeptValueAsync(fresh, Private)).ShouldBe(First);
        (await fresh.VirshAsync(["nwfilter-dumpxml", "tenant"], Token)).ShouldContain("tenant-base");

        await fresh.VirshAsync(["nwfilter-undefine", "tenant"], Token);
        await DefineAsync(fresh, "nwfilter-define", Filter("tenant-base", "no-mac-spoofing").Replace("<filterref", $"<uuid>{await FilterUuidAsync(fresh, "tenant-base")}</uuid><filterref", StringComparison.Ordinal));
        await OuterHostLab.AddNetworkAsync(fresh, "newcomer", "virbr-new", Token);
        await fresh.VirshAsync(["pool-destroy", Pool], Token);
        await fresh.VirshAsync(["pool-autostart", Pool, "--disable"], Token);
        await SetValueAsync(fresh, Told, Second);
        await SetValueAsync(fresh, Private, Second);
        await fresh.VirshAsync(["secret-undefine", Empty], Token);
        var changed = await DiffAsync(lab);
        changed.Differences.Select(static difference => $"{difference.Kind} {difference.Subject}").ShouldBe(
            [
                "missing network filter tenant", "changed network filter tenant-base", $"changed secret {Told}", $"changed secret {Private}", $"missing secret {Empty}",
                $"changed storage pool {Pool}", "extra network newcomer", .. plan.Plan.OfTheImage.Select(static subject => $"extra {subject}"),
            ],
            ignoreOrder: true);
        (await lab.Hostctl.RunAsync(["diff"], Token)).ExitCode.ShouldBe(ExitCodes.ChecksFailed);

        await MustAsync(lab, ["rollback", "--yes"]);

        (await DiffAsync(lab)).Differences.ShouldBeEmpty();
        (await ValueAsync(old, Told)).ShouldBe(Second);
        (await KeptValueAsync(old, Private)).ShouldBe(Second);
        (await OuterHostLab.HasNetworkAsync(old, "newcomer", Token)).ShouldBeTrue();
        (await OuterHostLab.HasNetworkAsync(old, Network, Token)).ShouldBeTrue();
        (await lab.Hostctl.RunAsync(["diff", "9"], Token)).ExitCode.ShouldBe(ExitCodes.Usage);
    }

    [Fact]
    public async Task What_is_defined_while_VMs_move_is_carried_as_well()
    {
        var options = new LabOptions { Purpose = "carried late", Image = Repository.Trixie }
            .With("migration", "bandwidth_mib_per_second = 12", "max_bandwidth_mib_per_second = 12");
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        var old = await lab.GenerationAsync(1, Token);
        await lab.AddGuestsAsync(old, [new GuestSpec("slow") { MemoryMiB = 384, FillMiB = 96, Disk = DiskFormat.Qcow2 }], Token);
        await using var swap = lab.Hostctl.StartSwap("--force");
        await swap.WaitForLineAsync(
            "the transfer of slow", static line => HostctlDocuments.Read<EventView>(line) is { Event: "moveProgress", ProcessedBytes: > 0 }, TimeSpan.FromMinutes(1), Token);

        await OuterHostLab.AddNetworkAsync(old, "late", "virbr-late", Token);

        (await swap.WaitAsync(HostctlRunner.DefaultLimit, Token)).Succeeded();
        (await OuterHostLab.HasNetworkAsync(await lab.GenerationAsync(2, Token), "late", Token)).ShouldBeTrue();
    }

    private static void RequirePackages(IReadOnlyList<PackageView> packages, bool changes)
    {
        if (!changes)
        {
            packages.ShouldBeEmpty();
            return;
        }

        packages.ShouldContain(static package => package.Name == "qemu-system-x86" && package.Sensitive && package.From != null && package.To != null);
        packages.Select(static package => package.Sensitive).ShouldBe(packages.Select(static package => package.Sensitive).OrderDescending());
    }

    private static async Task OnlyTheImagesOwnDiffersAsync(OuterHostLab lab, PlanBodyView plan)
    {
        var diff = await DiffAsync(lab);
        diff.From.ShouldBe(new ComparedGenerationView(1, Recorded: true));
        diff.To.ShouldBe(new ComparedGenerationView(2, Recorded: false));
        diff.Differences.Select(static difference => $"{difference.Kind} {difference.Subject} {difference.Diff}")
            .ShouldBe(plan.OfTheImage.Select(static subject => $"extra {subject} "), ignoreOrder: true);
    }

    private static async Task<DiffView> DiffAsync(OuterHostLab lab)
    {
        var result = await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token);
        var diff = HostctlDocuments.Read<DiffView>(result.Output);
        result.ExitCode.ShouldBe(diff.Same ? ExitCodes.Done : ExitCodes.ChecksFailed, result.Describe());
        return diff;
    }

    private static async Task AddSecretAsync(Generation generation, string uuid, bool isPrivate, string? value)
    {
        await DefineAsync(
            generation, "secret-define", $"<secret ephemeral='no' private='{(isPrivate ? "yes" : "no")}'><uuid>{uuid}</uuid><usage type='volume'><volume>/srv/{uuid}</volume></usage></secret>");
        if (value is not null) await SetValueAsync(generation, uuid, value);
    }

    private static Task SetValueAsync(Generation generation, string uuid, string value) => generation.VirshAsync(["secret-set-value", uuid, "--base64", value], Token);

    private static async Task<string> ValueAsync(Generation generation, string uuid) => (await generation.VirshAsync(["secret-get-value", uuid], Token)).Trim();

    /// <summary>libvirt tells nobody the value of a private one; it is there as it keeps it.</summary>
    private static async Task<string> KeptValueAsync(Generation generation, string uuid) =>
        (await DockerCli.RunAsync(["exec", generation.Container, "cat", $"/etc/libvirt/secrets/{uuid}.base64"], Token)).Trim();

    private static Task DefineAsync(Generation generation, string command, string xml) => generation.VirshAsync([command, "/dev/stdin"], Token, xml);

    private static async Task<string> FilterUuidAsync(Generation generation, string name) =>
        System.Xml.Linq.XElement.Parse(await generation.VirshAsync(["nwfilter-dumpxml", name], Token)).Element("uuid")!.Value;

    private static string Filter(string name, params IEnumerable<string> others) =>
        $"<filter name='{name}' chain='root'>{string.Concat(others.Select(static other => $"<filterref filter='{other}'/>"))}<rule action='accept' direction='inout'><mac protocolid='ipv4'/></rule></filter>";

    private static async Task MustAsync(OuterHostLab lab, IReadOnlyList<string> arguments)
    {
        var result = await lab.Hostctl.RunAsync(arguments, Token);
        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
    }
}

using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>An ordinary libvirt server on Debian 12 is taken over into a generation on Debian 13, and given back.</summary>
public sealed class AdoptTests
{
    private const string Network = "backstage";
    private const string Pool = "volumes";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static LabOptions Options(string purpose) => new LabOptions { Purpose = purpose, Image = Repository.Trixie }.With("generation", "soak = \"1h\"");

    [Fact]
    public async Task Everything_goes_into_a_generation_and_back_while_guests_run_on()
    {
        await using var server = await OrdinaryServer.StartAsync(Repository.Bookworm, Options("adopt"), Token);
        var lab = server.Lab;
        await PopulateAsync(server);
        var definitions = await DefinitionsAsync(lab, server.Libvirt);
        var owners = await OwnersAsync(lab);

        await using var witness = Witness.Start(lab.Guests);
        var plan = HostctlDocuments.Read<PlanView>((await lab.Hostctl.RunAsync(["adopt", "--dry-run", "--format", "json"], Token)).Succeeded().Output);
        plan.Plan.Blockers.ShouldBeEmpty();
        (await lab.Hostctl.StatusAsync(Token)).Generations.ShouldBeEmpty("a dry run leaves nothing");
        var adopted = await lab.Hostctl.RunAsync(["adopt", "--yes"], Token);
        adopted.ExitCode.ShouldBe(ExitCodes.Done, adopted.Describe());

        (await server.Libvirt.DomainsAsync(Token)).ShouldBeEmpty();
        await LivesOnAsync(lab, active: 1);
        var gen1 = await lab.GenerationAsync(1, Token);
        (await OwnersAsync(lab)).ShouldBe(owners);
        (await DefinitionsAsync(lab, gen1)).ShouldBe(definitions);
        (await OuterHostLab.HasNetworkAsync(gen1, Network, Token)).ShouldBeTrue();
        (await OuterHostLab.HasPoolAsync(gen1, Pool, Token)).ShouldBeTrue();
        Directory.EnumerateFiles(Path.Join(lab.Paths.State, "adopted"), "*.xml", SearchOption.AllDirectories).Count(file => file.Contains("/domains/", StringComparison.Ordinal)).ShouldBe(5);
        (await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token)).ExitCode.ShouldBe(ExitCodes.NothingToDo);

        var returned = await lab.Hostctl.RunAsync(["adopt", "--back", "--yes"], Token);
        returned.ExitCode.ShouldBe(ExitCodes.Done, returned.Describe());
        await LivesOnAsync(lab, active: 0);
        (await OwnersAsync(lab)).ShouldBe(owners);
        (await DefinitionsAsync(lab, server.Libvirt)).ShouldBe(definitions);
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    private static async Task PopulateAsync(OrdinaryServer server)
    {
        await OuterHostLab.AddNetworkAsync(server.Libvirt, Network, "virbr-back", Token);
        await server.Lab.AddPoolAsync(server.Libvirt, Pool, Token);
        await server.AddGuestAsync(new GuestSpec("db") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256, Autostart = true }, Token);
        await server.AddGuestAsync(new GuestSpec("web") { Disk = DiskFormat.Raw }, Token);
        await server.AddGuestAsync(new GuestSpec("spare") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff, Autostart = true }, Token);
    }

    private static async Task LivesOnAsync(OuterHostLab lab, int active)
    {
        var status = await lab.Hostctl.StatusAsync(Token);
        status.Active.Number.ShouldBe(active);
        foreach (var guest in lab.Guests)
        {
            var vm = status.Of(guest.Spec.Uuid).ShouldHaveSingleItem(guest.Name);
            vm.Generation.ShouldBe(active);
            vm.Autostart.ShouldBe(guest.Spec.Autostart, guest.Name);
            QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid).ShouldBe(guest.Spec.State is GuestState.ShutOff ? 0 : 1, guest.Name);
            if (guest.Spec.State is GuestState.ShutOff) continue;
            await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
            guest.ReadLog().Judge().Problems.ShouldBeEmpty(guest.Name);
        }
    }

    private static async Task<SortedDictionary<string, string>> DefinitionsAsync(OuterHostLab lab, Generation generation)
    {
        var definitions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var guest in lab.Guests) definitions[guest.Name] = NormalDefinition.Of(await generation.DefinitionAsync(guest, Token));
        return definitions;
    }

    private static async Task<SortedDictionary<string, FileOwner>> OwnersAsync(OuterHostLab lab)
    {
        var owners = new SortedDictionary<string, FileOwner>(StringComparer.Ordinal);
        foreach (var guest in lab.Guests) owners[guest.Name] = await FileOwner.OfAsync(guest.DiskPath!, Token);
        return owners;
    }
}

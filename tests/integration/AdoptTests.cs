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
    private const string Secret = "6b0a5b3e-0000-4000-8000-000000000002";
    private const string Moment = "before";

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
        await NothingIsMissingAsync(lab, gen1);
        var verified = await lab.Hostctl.RunAsync(["verify"], Token);
        verified.ExitCode.ShouldBe(ExitCodes.Done, verified.Describe());
        Directory.EnumerateFiles(Path.Join(lab.Paths.State, "adopted"), "*.xml", SearchOption.AllDirectories).Count(file => file.Contains("/domains/", StringComparison.Ordinal)).ShouldBe(lab.Guests.Count + 2, "what is to be, and what runs");
        (await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token)).ExitCode.ShouldBe(ExitCodes.NothingToDo);

        var returned = await lab.Hostctl.RunAsync(["adopt", "--back", "--yes"], Token);
        returned.ExitCode.ShouldBe(ExitCodes.Done, returned.Describe());
        await LivesOnAsync(lab, active: 0);
        (await OwnersAsync(lab)).ShouldBe(owners);
        (await DefinitionsAsync(lab, server.Libvirt)).ShouldBe(definitions);
        await NothingIsMissingAsync(lab, server.Libvirt);
        (await lab.Hostctl.RunAsync(["start"], Token)).Succeeded();
        (await lab.Hostctl.RunAsync(["swap", "--yes"], Token)).Error.ShouldContain("hostctl adopt");
        var saved = lab.Guests.Single(static guest => guest.Name is "saved");
        await server.Libvirt.VirshAsync(["start", saved.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(saved, 5, Token);
        saved.ReadLog().Judge().Problems.ShouldBeEmpty("it goes on where it was saved");
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    private static async Task PopulateAsync(OrdinaryServer server)
    {
        var libvirt = server.Libvirt;
        await OuterHostLab.AddNetworkAsync(libvirt, Network, "virbr-back", Token);
        await server.Lab.AddPoolAsync(libvirt, Pool, Token);
        await libvirt.VirshAsync(["secret-define", "/dev/stdin"], Token, $"<secret ephemeral='no' private='yes'><uuid>{Secret}</uuid><usage type='volume'><volume>/srv/one</volume></usage></secret>");
        await libvirt.VirshAsync(["secret-set-value", Secret, "--base64", FullWorld.Value], Token);
        await server.AddGuestAsync(new GuestSpec("db") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256, Autostart = true }, Token);
        await server.AddGuestAsync(new GuestSpec("web") { Disk = DiskFormat.Raw, ExtraDevices = [Devices.Tpm()] }, Token);
        var spare = await server.AddGuestAsync(new GuestSpec("spare") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff, Autostart = true }, Token);
        var saved = await server.AddGuestAsync(new GuestSpec("saved") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff }, Token);
        var firm = await server.AddGuestAsync(new GuestSpec("firm") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff, ExtraDevices = [Devices.Tpm()] }, Token);
        await libvirt.VirshAsync(["snapshot-create-as", spare.Uuid, Moment], Token);
        await libvirt.VirshAsync(["start", saved.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(saved, 2, Token);
        await libvirt.VirshAsync(["managedsave", saved.Uuid], Token);
        // Its first start makes what its TPM and its firmware keep.
        await libvirt.VirshAsync(["define", "/dev/stdin"], Token, Devices.WithUefi(firm.Xml, "firm").ToString());
        await libvirt.VirshAsync(["start", firm.Uuid], Token);
        await libvirt.VirshAsync(["destroy", firm.Uuid], Token);
    }

    /// <summary>What libvirt keeps besides definitions is where the VMs are.</summary>
    private static async Task NothingIsMissingAsync(OuterHostLab lab, Generation generation)
    {
        Guest Named(string name) => lab.Guests.Single(guest => guest.Name == name);
        (await OuterHostLab.HasNetworkAsync(generation, Network, Token)).ShouldBeTrue();
        (await OuterHostLab.HasPoolAsync(generation, Pool, Token)).ShouldBeTrue();
        (await generation.RunAsync(["cat", $"/etc/libvirt/secrets/{Secret}.base64"], Token)).ShouldBe(FullWorld.Value);
        (await generation.VirshAsync(["snapshot-list", Named("spare").Uuid, "--name"], Token)).Trim().ShouldBe(Moment);
        (await generation.TryAsync(["test", "-s", "/var/lib/libvirt/qemu/save/saved.save"], Token)).ExitCode.ShouldBe(0);
        (await generation.TryAsync(["test", "-s", "/var/lib/libvirt/qemu/nvram/firm.fd"], Token)).ExitCode.ShouldBe(0);
        (await generation.TryAsync(["test", "-d", $"/var/lib/libvirt/swtpm/{Named("firm").Uuid}/tpm2"], Token)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Once_it_is_retired_nobody_starts_a_VM_there()
    {
        await using var server = await OrdinaryServer.StartAsync(Repository.Trixie, Options("adopt, retire"), Token);
        var lab = server.Lab;
        await server.AddGuestAsync(new GuestSpec("web") { Disk = DiskFormat.Qcow2 }, Token);
        await using var witness = Witness.Start(lab.Guests);
        var adopted = await lab.Hostctl.RunAsync(["adopt", "--yes"], Token);
        adopted.ExitCode.ShouldBe(ExitCodes.Done, adopted.Describe());
        adopted.Output.ShouldContain("hostctl retire --now");
        var retired = await lab.Hostctl.RunAsync(["retire", "--now"], Token);
        retired.ExitCode.ShouldBe(ExitCodes.Done, retired.Describe());

        (await server.Libvirt.TryAsync(["systemctl", "is-enabled", "libvirtd.service"], Token)).Output.Trim().ShouldBe("masked");
        (await server.Libvirt.TryAsync(["virsh", "list"], Token)).ExitCode.ShouldNotBe(0);
        (await lab.Hostctl.StatusAsync(Token)).Generations.Single(static generation => generation.Number == 0).State.ShouldBe("stopped");
        (await lab.Hostctl.RunAsync(["retire", "--now"], Token)).ExitCode.ShouldBe(ExitCodes.NothingToDo);
        var returned = await lab.Hostctl.RunAsync(["adopt", "--back", "--yes"], Token);
        returned.ExitCode.ShouldBe(ExitCodes.Done, returned.Describe());
        await LivesOnAsync(lab, active: 0);
        await Oracle.NobodyRanTwiceAsync(witness);
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

    /// <summary>But for that with UEFI, of whose firmware libvirt 11 writes out what 9.0 does not say.</summary>
    private static async Task<SortedDictionary<string, string>> DefinitionsAsync(OuterHostLab lab, Generation generation)
    {
        var definitions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var guest in lab.Guests.Where(static guest => guest.Name is not "firm")) definitions[guest.Name] = NormalDefinition.Of(await generation.DefinitionAsync(guest, Token));
        return definitions;
    }

    private static async Task<SortedDictionary<string, FileOwner>> OwnersAsync(OuterHostLab lab)
    {
        var owners = new SortedDictionary<string, FileOwner>(StringComparer.Ordinal);
        foreach (var guest in lab.Guests) owners[guest.Name] = await FileOwner.OfAsync(guest.DiskPath!, Token);
        return owners;
    }
}

using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>What libvirt keeps of VMs that are shut off in files of its generation is where the VMs are, and nowhere else.</summary>
public sealed class CarriedStateTests
{
    private static readonly GuestSpec Saved = new("saved & <one>") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff };

    private static readonly GuestSpec Firm = new("firm") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff, ExtraDevices = [Devices.Tpm()] };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    public async Task VMs_that_are_shut_off_have_on_the_new_side_what_they_had_on_the_old_one(string from, string to)
    {
        await using var lab = await StartAsync("saved", from);
        var firm = await AddFirmAsync(lab, await lab.GenerationAsync(1, Token));
        var (tpm, variables) = (await HashAsync(TpmOf(lab, 1, firm)), await HashAsync(VariablesOf(lab)));
        var guest = await SaveAsync(lab, await lab.GenerationAsync(1, Token));
        var log = await File.ReadAllTextAsync(LogOf(lab, 1, guest), Token);
        var reached = guest.ReadLog().LastTick!;
        var image = await HashAsync(ImageOf(lab, 1, guest));

        await SwapAsync(lab, to);

        File.Exists(ImageOf(lab, 1, guest)).ShouldBeFalse("nothing may restore it there any more");
        (await HashAsync(ImageOf(lab, 2, guest))).ShouldBe(image);
        (await FileOwner.OfAsync(ImageOf(lab, 2, guest), Token)).ShouldBe(await FileOwner.OfAsync(AsideOf(lab, 1, guest), Token));
        (await lab.Hostctl.StatusAsync(Token)).Of(guest.Spec.Uuid).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            static vm => vm.State.ShouldBe("shut off"), static vm => vm.Saved.ShouldBeTrue(), static vm => vm.Generation.ShouldBe(2));
        await NothingDiffersAsync(lab);
        await TheOldSideCannotStartItAsync(await lab.GenerationAsync(1, Token), guest);

        File.Exists(TpmOf(lab, 1, firm)).ShouldBeFalse("what a TPM holds must not be in use twice");
        (await HashAsync(TpmOf(lab, 2, firm))).ShouldBe(tpm);
        (await HashAsync(VariablesOf(lab))).ShouldBe(variables);

        var target = await lab.GenerationAsync(2, Token);
        await target.VirshAsync(["start", firm.Uuid], Token);
        (await target.DefinitionAsync(firm, Token)).ShouldContain("/var/lib/libvirt/qemu/nvram/firm.fd");
        var made = await target.TryAsync(["cat", "/var/log/swtpm/libvirt/qemu/firm-swtpm.log"], Token);
        made.Output.ShouldNotContain("manufactur", Case.Insensitive, "a fresh TPM would know none of the guest's keys");
        (await lab.Hostctl.RunAsync(["verify"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        await target.VirshAsync(["start", guest.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
        guest.ReadLog().Judge().ShouldSatisfyAllConditions(
            life => life.Problems.ShouldBeEmpty(), life => life.BootIds.ShouldBe([reached.BootId]));
        File.Exists(ImageOf(lab, 2, guest)).ShouldBeFalse("its start has used it up");
        var goesOn = await File.ReadAllTextAsync(LogOf(lab, 2, guest), Token);
        goesOn.ShouldStartWith(log);
        goesOn.Length.ShouldBeGreaterThan(log.Length, "the new side's libvirt writes to the same file");
        await target.VirshAsync(["destroy", guest.Uuid, "--graceful"], Token);
        (await target.CheckDiskAsync(guest.DiskPath!, Token)).ShouldBe(0);
        var diff = await DiffAsync(lab);
        diff.Differences.ShouldContain(static difference => difference.Kind == "changed" && difference.What.Contains("managed save image", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rollback_brings_a_saved_VM_back_and_no_image_from_before_it_ran()
    {
        await using var lab = await StartAsync("saved-back", Repository.Bookworm);
        var guest = await SaveAsync(lab, await lab.GenerationAsync(1, Token));
        await SwapAsync(lab, Repository.Trixie);

        await MustAsync(lab, "rollback", "--yes");

        File.Exists(ImageOf(lab, 2, guest)).ShouldBeFalse();
        var first = await lab.GenerationAsync(1, Token);
        await first.VirshAsync(["start", guest.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
        guest.ReadLog().Judge().Problems.ShouldBeEmpty("it goes on where it stopped");

        // Somebody puts an image of long ago in its way on the other side, as a libvirt that could not remove one would.
        File.Copy(AsideOf(lab, 2, guest), ImageOf(lab, 2, guest));
        await MustAsync(lab, "rollback", "--yes");
        (await lab.Hostctl.StatusAsync(Token)).Of(guest.Spec.Uuid).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            static vm => vm.State.ShouldBe("running"), static vm => vm.Generation.ShouldBe(2));
        File.Exists(ImageOf(lab, 2, guest)).ShouldBeFalse("it runs, and what was saved before must never be restored");
        await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
        guest.ReadLog().Judge().Problems.ShouldBeEmpty();
    }

    /// <summary>A VM that has been running for a while, and is saved.</summary>
    private static async Task<Guest> SaveAsync(OuterHostLab lab, Generation generation)
    {
        var guest = await lab.AddGuestAsync(generation, Saved with { Uuid = Guid.NewGuid() }, Token);
        await generation.VirshAsync(["start", guest.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
        await generation.VirshAsync(["managedsave", guest.Uuid], Token);
        return guest;
    }

    /// <summary>One with a virtual TPM and UEFI variables of its own, which has run, so that both hold something.</summary>
    private static async Task<Guest> AddFirmAsync(OuterHostLab lab, Generation generation)
    {
        var guest = await lab.PrepareGuestAsync(generation, Firm with { Uuid = Guid.NewGuid() }, Token);
        await generation.VirshAsync(["define", "/dev/stdin"], Token, Devices.WithUefi(guest.Xml, "firm").ToString());
        await generation.VirshAsync(["start", guest.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(guest, 2, Token);
        await generation.VirshAsync(["destroy", guest.Uuid, "--graceful"], Token);
        return guest;
    }

    /// <summary>Not by what it has, and not when somebody defines the VM there again: it has no image to start from.</summary>
    private static async Task TheOldSideCannotStartItAsync(Generation old, Guest guest)
    {
        (await old.TryAsync(["virsh", "start", guest.Uuid], Token)).ExitCode.ShouldNotBe(0, "it is not defined there");
        await old.VirshAsync(["define", "/dev/stdin"], Token, guest.Xml);
        (await old.TryAsync(["virsh", "managedsave-dumpxml", guest.Uuid], Token)).ExitCode.ShouldNotBe(0, "there is no image");
        await old.VirshAsync(["undefine", guest.Uuid], Token);
    }

    private static Task<OuterHostLab> StartAsync(string purpose, string image) =>
        OuterHostLab.StartAsync(new LabOptions { Purpose = purpose, Image = image }.With("generation", "soak = \"1h\""), Token);

    private static Task SwapAsync(OuterHostLab lab, string image) => MustAsync(lab, "swap", "--yes", "--image", image);

    private static async Task MustAsync(OuterHostLab lab, params IReadOnlyList<string> arguments)
    {
        var result = await lab.Hostctl.RunAsync(arguments, Token);
        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
    }

    private static async Task<DiffView> DiffAsync(OuterHostLab lab) =>
        HostctlDocuments.Read<DiffView>((await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token)).Output);

    private static async Task NothingDiffersAsync(OuterHostLab lab) =>
        (await DiffAsync(lab)).Differences.Where(static difference => difference.Kind is not "extra").ShouldBeEmpty();

    private static async Task<string> HashAsync(string path) => (await Command.RunAsync("sha256sum", [path], Token)).Succeeded().Output.Split(' ')[0];

    private static string ImageOf(OuterHostLab lab, int generation, Guest guest) => Path.Join(StateOf(lab, generation), "var-lib-libvirt/qemu/save", $"{guest.Name}.save");

    private static string TpmOf(OuterHostLab lab, int generation, Guest guest) =>
        Path.Join(StateOf(lab, generation), "var-lib-libvirt/swtpm", guest.Uuid, "tpm2/tpm2-00.permall");

    private static string VariablesOf(OuterHostLab lab) => Path.Join(lab.Root, "var/lib/hostswap/shared/nvram/firm.fd");

    private static string LogOf(OuterHostLab lab, int generation, Guest guest) => Path.Join(StateOf(lab, generation), "log/qemu", $"{guest.Name}.log");

    private static string AsideOf(OuterHostLab lab, int generation, Guest guest) => Path.Join(StateOf(lab, generation), "aside/saves", $"{guest.Name}.save");

    private static string StateOf(OuterHostLab lab, int generation) =>
        Path.Join(lab.Root, "var/lib/hostswap/generations", generation.ToString(System.Globalization.CultureInfo.InvariantCulture));
}

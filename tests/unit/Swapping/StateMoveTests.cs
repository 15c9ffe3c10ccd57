using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Carrying;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class StateMoveTests : IDisposable
{
    private const string Name = "web";

    private readonly SwapWorld _world = new();
    private readonly Guid _vm;

    public StateMoveTests()
    {
        _vm = _world.Source.Domains.Add(Name, DomainState.ShutOff).Uuid;
        foreach (var generation in new[] { Here, There })
        {
            Directory.CreateDirectory(Path.Join(generation.LibvirtState, "qemu/save"));
            Directory.CreateDirectory(Path.Join(generation.LibvirtConfiguration, "qemu"));
        }

        _world.Source.Domains.OnUndefineSaved = _ => File.Delete(SavedImages.PathIn(Here, Name));
    }

    private GenerationPaths Here => new(_world.Paths, 1);

    private GenerationPaths There => new(_world.Paths, 2);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_image_is_on_the_new_side_once_the_definition_has_left_the_old_one()
    {
        var image = Put(Here);
        _world.Source.Domains.OnUndefineSaved = _ =>
        {
            IsIn(There).ShouldBeFalse("two libvirts could restore it");
            File.Delete(SavedImages.PathIn(Here, Name));
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        IsIn(Here).ShouldBeFalse();
        (await File.ReadAllBytesAsync(SavedImages.PathIn(There, Name), TestContext.Current.CancellationToken)).ShouldBe(image);
        File.Exists(Path.Join(Here.Aside, "saves", $"{Name}.save")).ShouldBeTrue("it is a way back for a person");
        Waits().ShouldBeFalse();
    }

    [Fact]
    public async Task A_VM_that_is_started_meanwhile_takes_its_image_with_it()
    {
        Put(Here);
        _world.Target.Domains.OnDefine = xml =>
        {
            File.Delete(SavedImages.PathIn(Here, Name));
            _world.Source.Domains.Known[_vm] = _world.Source.Domains.Known[_vm] with { State = DomainState.Running };
            _world.Run(_vm, SwapWorld.SourcePid);
            return xml;
        };
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        IsIn(There).ShouldBeFalse("its disks have moved on");
        Waits().ShouldBeFalse();
    }

    [Fact]
    public async Task An_image_of_an_earlier_stay_is_set_aside_before_its_VM_comes()
    {
        Put(There);

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        IsIn(There).ShouldBeFalse();
        File.Exists(Path.Join(There.Aside, "saves", $"{Name}.save")).ShouldBeTrue();
    }

    [Fact]
    public async Task An_image_of_an_earlier_stay_is_set_aside_before_its_VM_comes_running()
    {
        Put(There);
        _world.Source.Domains.Known[_vm] = _world.Source.Domains.Known[_vm] with { State = DomainState.Running };
        _world.Run(_vm, SwapWorld.SourcePid);
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            IsIn(There).ShouldBeFalse();
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);
    }

    [Fact]
    public async Task Where_both_sides_have_one_and_either_may_be_right_a_person_decides()
    {
        Put(Here);
        Put(There);
        _world.Target.Domains.Add(Name, DomainState.ShutOff, uuid: _vm);

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("both have a managed save image");
        (IsIn(Here), IsIn(There)).ShouldBe((true, true));
    }

    [Fact]
    public async Task An_image_that_cannot_be_copied_leaves_its_VM_where_it_is()
    {
        Put(Here);
        Directory.CreateDirectory(_world.Paths.GenerationStates);
        await File.WriteAllTextAsync(There.Arriving, "in the way", TestContext.Current.CancellationToken);

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Reason.ShouldContain("managed save image of web");
        IsIn(Here).ShouldBeTrue();
        _world.Target.Domains.Known.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_that_waits_is_used_only_where_the_VM_has_not_run_since(bool hasRun)
    {
        NoteLeaving();
        Wait();
        if (hasRun)
            Start(There);

        await SettleAsync();

        (IsIn(There), Waits()).ShouldBe((!hasRun, false));
    }

    [Fact]
    public async Task A_copy_is_not_used_while_its_original_is_in_use()
    {
        NoteLeaving();
        Wait();
        Put(Here);

        await SettleAsync();

        (IsIn(Here), IsIn(There), Waits()).ShouldBe((true, false, false));
    }

    [Fact]
    public async Task A_copy_of_which_nothing_was_noted_is_not_used()
    {
        Wait();
        await SettleAsync();
        (IsIn(There), Waits()).ShouldBe((false, false));
    }

    [Fact]
    public async Task What_libvirt_had_removed_before_it_died_is_put_back_where_the_VM_still_is()
    {
        NoteLeaving();
        Wait();
        Define(Here);
        Directory.CreateDirectory(Path.Join(Here.Aside, "saves"));
        await File.WriteAllTextAsync(Path.Join(Here.Aside, "saves", $"{Name}.save"), "image", TestContext.Current.CancellationToken);

        await SettleAsync();

        (IsIn(Here), IsIn(There), Waits()).ShouldBe((true, false, false));
    }

    [Fact]
    public async Task A_VM_that_was_started_where_it_still_is_gets_nothing_back()
    {
        NoteLeaving();
        Wait();
        Define(Here);
        Start(Here);

        await SettleAsync();

        (IsIn(Here), IsIn(There), Waits()).ShouldBe((false, false, false));
    }

    [Fact]
    public async Task What_a_TPM_holds_is_in_use_on_one_side_only()
    {
        var here = PutTpm(Here);
        _world.Source.Domains.OnUndefine = _ => Directory.Exists(TpmIn(There)).ShouldBeFalse();

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        Directory.Exists(here).ShouldBeFalse();
        (await File.ReadAllTextAsync(Path.Join(TpmIn(There), "tpm2", "tpm2-00.permall"), TestContext.Current.CancellationToken)).ShouldBe("keys");
        Directory.Exists(Path.Join(Here.Aside, "swtpm", $"{_vm:D}")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_copy_of_what_a_TPM_holds_is_used_where_the_definition_has_left(bool isDefinedHere, bool used)
    {
        NoteLeaving();
        PutTpm(Here);
        Directory.CreateDirectory(Path.Join(There.LibvirtState, "swtpm"));
        Directory.CreateDirectory(Path.Join(There.Arriving, "swtpm", $"{_vm:D}"));
        if (isDefinedHere)
            Define(Here);

        await SettleAsync();

        (Directory.Exists(TpmIn(There)), Directory.Exists(Path.Join(There.Arriving, "swtpm", $"{_vm:D}"))).ShouldBe((used, false));
        Directory.Exists(TpmIn(Here)).ShouldBeTrue("what is left there is set aside when its VM has arrived");
    }

    [Fact]
    public async Task A_log_goes_on_where_it_was_and_what_was_there_is_kept()
    {
        Start(Here);
        Write(Here.LibvirtLog, "qemu", $"{Name}.log.0", "rotated");
        Write(There.LibvirtLog, "qemu", $"{Name}.log", "of an earlier stay");
        Write(There.LibvirtLog, "qemu", $"{Name}.log.0", "rotated then");
        Write(There.LibvirtLog, "qemu", $"{Name}.log.1", "rotated long ago");

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        In(Path.Join(There.LibvirtLog, "qemu")).ShouldBe([($"{Name}.log", "starting up\n"), ($"{Name}.log.0", "rotated")]);
        In(Path.Join(There.Aside, "logs")).ShouldBe([($"{Name}.log", "of an earlier stay"), ($"{Name}.log.0", "rotated then"), ($"{Name}.log.1", "rotated long ago")]);

        static void Write(string root, string directory, string file, string text)
        {
            Directory.CreateDirectory(Path.Join(root, directory));
            File.WriteAllText(Path.Join(root, directory, file), text);
        }

        static IEnumerable<(string, string)> In(string directory) =>
            Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(static path => (Path.GetFileName(path), File.ReadAllText(path)));
    }

    [Fact]
    public async Task A_log_that_cannot_be_carried_holds_no_VM_up()
    {
        Start(Here);
        (await MoveAsync()).State.ShouldBe(MoveState.Verified);
        _world.Notices.ShouldContain(static notice => notice.Contains("its log begins anew", StringComparison.Ordinal));
    }

    private static bool IsIn(GenerationPaths generation) => File.Exists(SavedImages.PathIn(generation, Name));

    private static void Start(GenerationPaths generation)
    {
        Directory.CreateDirectory(Path.Join(generation.LibvirtLog, "qemu"));
        File.AppendAllText(Path.Join(generation.LibvirtLog, "qemu", $"{Name}.log"), "starting up\n");
    }

    private byte[] Put(GenerationPaths generation)
    {
        var image = SavedImages.Whole(_vm, Name);
        SavedImages.Put(generation, Name, image);
        return image;
    }

    private string TpmIn(GenerationPaths generation) => Path.Join(generation.LibvirtState, "swtpm", $"{_vm:D}");

    private string PutTpm(GenerationPaths generation)
    {
        Directory.CreateDirectory(Path.Join(There.LibvirtState, "swtpm"));
        Directory.CreateDirectory(Path.Join(TpmIn(generation), "tpm2"));
        File.WriteAllText(Path.Join(TpmIn(generation), "tpm2", "tpm2-00.permall"), "keys");
        return TpmIn(generation);
    }

    private void Define(GenerationPaths generation) =>
        File.WriteAllText(Path.Join(generation.LibvirtConfiguration, "qemu", $"{Name}.xml"), DomainXmls.Plain(_vm, Name));

    private void Wait()
    {
        Directory.CreateDirectory(Path.Join(There.Arriving, "saves"));
        File.WriteAllText(Path.Join(There.Arriving, "saves", $"{Name}.save"), "image");
    }

    private bool Waits() => File.Exists(Path.Join(There.Arriving, "saves", $"{Name}.save"));

    private void NoteLeaving() => _world.Journal.Intend(_world.Operation, StateNote.Step, _vm.ToString(), StateNote.Take(Here, There, Name).ToJson());

    private Task SettleAsync() => new StateMove(_world.Session).SettleAsync(_vm, Name);

    private async Task<MoveOutcome> MoveAsync()
    {
        var session = _world.Session;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        return await new DomainMover(session, foreign).MoveAsync(SwapWorld.Plan(_world.Source.Domains.Known[_vm]), new Version(11, 3), CancellationToken.None);
    }
}

namespace HostSwap.Orchestrator.Configuration;

/// <summary>
/// What applies where the configuration says nothing. <c>hostctl/packaging/hostswap.toml</c> shows the same values; a
/// test compares the two.
/// </summary>
public static class SettingsDefaults
{
    /// <summary>The outer host's own root.</summary>
    /// <value><c>/</c></value>
    public const string Root = "/";

    /// <summary>Image of new generations.</summary>
    /// <value><c>hostswap/host:trixie</c></value>
    public const string Image = "hostswap/host:trixie";

    /// <summary>Docker's endpoint where neither the configuration nor <c>DOCKER_HOST</c> names one.</summary>
    /// <value><c>unix:///var/run/docker.sock</c></value>
    public const string DockerEndpoint = "unix:///var/run/docker.sock";

    /// <summary>
    /// Docker network of the outer host at <c>/</c>; others append <c>-</c> and their
    /// <see cref="HostSwapPaths.Instance"/>.
    /// </summary>
    /// <value><c>hostswap</c></value>
    public const string DockerNetwork = "hostswap";

    /// <summary>The bridge of the network of <c>[docker]</c> in every generation.</summary>
    /// <value><c>br0</c></value>
    public const string GuestBridge = "br0";

    /// <summary>MultiFD connections of one migration.</summary>
    /// <value>1</value>
    public const int ParallelConnections = 1;

    /// <summary>Whether guests that dirty memory too fast are throttled.</summary>
    /// <value>true</value>
    public const bool AutoConverge = true;

    /// <summary>Whether VMs that are ready for it are handed over.</summary>
    /// <value>true</value>
    public const bool Handover = true;

    /// <summary>Memory of the outer host that moves never use, in MiB.</summary>
    /// <value>512</value>
    public const long MemoryReserveMiB = 512;

    /// <summary>Limit of one call to Docker.</summary>
    /// <value>30 s</value>
    public static readonly TimeSpan DockerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a candidate may take to become ready.</summary>
    /// <value>60 s</value>
    public static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);

    /// <summary>How long systemd in a generation gets to stop.</summary>
    /// <value>30 s</value>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long the old generation goes on running, empty, after a swap.</summary>
    /// <value>10 min</value>
    public static readonly TimeSpan Soak = TimeSpan.FromMinutes(10);

    /// <summary>How long a retired generation is kept.</summary>
    /// <value>1 d</value>
    public static readonly TimeSpan KeepRetired = TimeSpan.FromDays(1);

    /// <summary>How often a VM whose move failed is tried again.</summary>
    /// <value>2</value>
    public const int Retries = 2;

    /// <summary>The wait before the first retry; it doubles with each.</summary>
    /// <value>1 s</value>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Time that every migration gets.</summary>
    /// <value>60 s</value>
    public static readonly TimeSpan DeadlineBase = TimeSpan.FromSeconds(60);

    /// <summary>Time that a migration gets for each GiB of RAM besides.</summary>
    /// <value>60 s</value>
    public static readonly TimeSpan DeadlinePerGiB = TimeSpan.FromSeconds(60);

    /// <summary>A migration is given up when nothing has been sent for so long.</summary>
    /// <value>30 s</value>
    public static readonly TimeSpan NoProgressLimit = TimeSpan.FromSeconds(30);

    /// <summary>Before which moves a canary flies.</summary>
    /// <value><c>all</c>: what does not work fails with a guest that nobody misses</value>
    public const CanaryScope Canaries = CanaryScope.All;

    /// <summary>How long a swap waits for jobs that run on VMs.</summary>
    /// <value>0 s: it is refused at once</value>
    public static readonly TimeSpan WaitJobs = TimeSpan.Zero;

    /// <summary>What becomes of a VM that cannot be moved live.</summary>
    /// <value><c>refuse</c>: no guest is shut down without having been asked for it</value>
    public const NotLivePolicy WhenNotLive = NotLivePolicy.Refuse;

    /// <summary>How long a guest gets to shut down; that of libvirt-guests(8), <c>SHUTDOWN_TIMEOUT</c>.</summary>
    /// <value>5 min</value>
    public static readonly TimeSpan ShutdownDeadline = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The memory mount. Its size is a limit and reserves nothing. It is generous, since a guest that touches a page for which
    /// the mount has no room is killed by a signal (SIGBUS, tmpfs(5)), while the rest of the machine needs little.
    /// </summary>
    /// <value>tmpfs of at most 90 % of the RAM, huge pages where QEMU asks for them</value>
    public static readonly MemorySettings Memory =
        new(MemorySize.OfPercent(90), MemoryBacking.Tmpfs, PageSizeBytes: null, HugePageAdvice.Advise);

    /// <summary>What becomes of a copy that does not converge.</summary>
    /// <value><c>stay</c>: nobody's guest stands still for long, or runs at risk, without having been asked.</value>
    public const ConvergencePolicy Policy = ConvergencePolicy.Stay;

    /// <summary>
    /// For how long a guest may stand still by QEMU's own reckoning. What a person outside sees is this and some 100 ms
    /// for stopping, starting and the switch learning; with QEMU's default of 300 ms that came close to half a second.
    /// </summary>
    /// <value>100 ms</value>
    public static readonly TimeSpan Downtime = TimeSpan.FromMilliseconds(100);

    /// <summary>How far that may be raised where a copy does not converge.</summary>
    /// <value>500 ms</value>
    public static readonly TimeSpan MaximumDowntime = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a copy may come no nearer to its end before more is tried.</summary>
    /// <value>3 s</value>
    public static readonly TimeSpan ClimbAfter = TimeSpan.FromSeconds(3);

    /// <summary>The Debian release of the default <see cref="Image"/>.</summary>
    /// <value><c>trixie</c></value>
    public const string BuildSuite = "trixie";

    /// <summary>Where packages of hostctl have the recipe of images.</summary>
    /// <value><c>/usr/share/hostswap/images</c></value>
    public const string BuildRecipe = "/usr/share/hostswap/images";

    /// <summary>The operator's own part of images.</summary>
    /// <value><c>/etc/hostswap/image</c></value>
    public const string BuildOverlay = "/etc/hostswap/image";

    /// <summary>How many images are kept though nothing needs them.</summary>
    /// <value>3</value>
    public const int BuildKeep = 3;

    /// <summary>How long a build may take.</summary>
    /// <value>1 h</value>
    public static readonly TimeSpan BuildDeadline = TimeSpan.FromHours(1);

    /// <summary>How often updates are looked for outside of windows; as often as APT's own timer does.</summary>
    /// <value>12 h</value>
    public static readonly TimeSpan RefreshCheckInterval = TimeSpan.FromHours(12);

    /// <summary>How long a new generation is watched; as long as <see cref="Soak"/>, in which a rollback is instant.</summary>
    /// <value>10 min</value>
    public static readonly TimeSpan RefreshSoak = TimeSpan.FromMinutes(10);

    /// <summary>How long the answer of one that may veto is waited for.</summary>
    /// <value>30 s</value>
    public static readonly TimeSpan VetoDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How long a hook may take.</summary>
    /// <value>5 min</value>
    public static readonly TimeSpan HookDeadline = TimeSpan.FromMinutes(5);

    /// <summary>What is refreshed by itself: nothing, before an operator has said when.</summary>
    /// <value><c>manual</c></value>
    public static readonly RefreshSettings Refresh = new(
        RefreshStrategy.Manual, TimeZone: null, RandomDelay: TimeSpan.Zero, RefreshCheckInterval, EndOfWindow.Stop, RefreshSoak, SoakFailure.Report, MaximumLoad: null);

    /// <summary>How images are made.</summary>
    /// <value>Debian 13, without more than the recipe has</value>
    public static readonly BuildSettings Build = new(BuildSuite, BuildRecipe, BuildOverlay, BuildDeadline, BuildKeep);

    /// <summary>The program that takes mail; where POSIX systems have it (LSB, sendmail(8)).</summary>
    /// <value><c>/usr/sbin/sendmail</c></value>
    public const string Sendmail = "/usr/sbin/sendmail";

    /// <summary>How long one delivery of a notice may take.</summary>
    /// <value>30 s</value>
    public static readonly TimeSpan NotifyDeadline = TimeSpan.FromSeconds(30);

    /// <summary>The Docker network of an outer host that configures none.</summary>
    public static string NetworkFor(HostSwapPaths paths) =>
        paths.Instance.Length == 0 ? DockerNetwork : $"{DockerNetwork}-{paths.Instance}";
}

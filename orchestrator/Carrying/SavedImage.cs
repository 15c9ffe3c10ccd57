using System.Buffers.Binary;
using System.Xml;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Carrying;

/// <summary>The managed save image of a VM. libvirt tells of one only if it was there when its daemon started, or was made since: the file is looked at.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Modified">When it was written.</param>
/// <param name="Problem">Why it cannot be restored; null where nothing was found that says so.</param>
/// <param name="Format">How RAM is written in it (libvirt's <c>virQEMUSaveFormat</c>).</param>
public sealed record SavedImage(long Bytes, DateTimeOffset Modified, string? Problem, uint Format)
{
    /// <summary>The last format that libvirt 9.0 knows (<c>QEMU_SAVE_FORMAT_ZSTD</c>); later ones are told by later releases alone.</summary>
    public const uint LastOldFormat = 5;

    private const int HeaderBytes = 92; // sizeof(virQEMUSaveHeader)
    private const int MagicBytes = 16;
    private const int LongestDefinition = 16 << 20;
    private const int TailBytes = 64 << 10;
    private const uint RawFormat = 0;
    private const long NanosecondsPerTick = 100;

    /// <summary>The definition that it is restored with; null where it was not looked for, or cannot be read.</summary>
    public VmDefinition? Definition { get; private init; }

    /// <summary>It in words.</summary>
    public string InWords => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"{Bytes} bytes of {Modified:yyyy-MM-dd HH:mm:ss.fffffff}");

    /// <summary>Looks at that of a VM; null where it has none.</summary>
    /// <param name="generation">Where.</param>
    /// <param name="name">The VM's name.</param>
    public static SavedImage? Find(GenerationPaths generation, string name)
    {
        try
        {
            using var directory = VmState.SavedImage(name).Live(generation);
            return directory?.Look($"{name}.save") is { } facts ? Describe(facts, problem: null, format: 0) : null;
        }
        catch (IOException exception)
        {
            throw new EnvironmentException($"whether {name} has a managed save image cannot be told: {exception.Message}", "See that the file system of HostSwap's state can be read.", exception);
        }
    }

    /// <summary>The same, and looks into it for what keeps it from being restored.</summary>
    /// <param name="generation">Where.</param>
    /// <param name="uuid">The VM.</param>
    /// <param name="name">Its name.</param>
    public static SavedImage? Inspect(GenerationPaths generation, Guid uuid, string name)
    {
        if (Find(generation, name) is not { } found)
            return null;
        try
        {
            using var directory = VmState.SavedImage(name).Live(generation);
            if (directory?.Look($"{name}.save") is not { } facts)
                return null;
            if (facts.Kind != EntryKind.File)
                return found with { Problem = "it is no regular file" };
            using var file = directory.OpenToRead($"{name}.save");
            return file is null ? null : Read(file, facts, uuid);
        }
        catch (IOException exception)
        {
            return found with { Problem = $"it cannot be read: {exception.Message}" };
        }
    }

    /// <summary>The same of all VMs that are shut off.</summary>
    /// <param name="generation">Where.</param>
    /// <param name="inventory">What its libvirt holds.</param>
    public static IReadOnlyDictionary<Guid, SavedImage> InspectAll(GenerationPaths generation, HostInventory inventory) => inventory.VirtualMachines
        .Where(static machine => !machine.Domain.IsActive)
        .Select(machine => (machine.Domain.Uuid, Image: Inspect(generation, machine.Domain.Uuid, machine.Name)))
        .Where(static machine => machine.Image is not null)
        .ToDictionary(static machine => machine.Uuid, static machine => machine.Image!);

    private static SavedImage Read(SafeFileHandle file, EntryFacts facts, Guid uuid)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (!TryFill(file, header, 0))
            return Describe(facts, "it is shorter than its header", format: 0);
        // In the byte order of the machine that wrote it, which is this one.
        var (length, format) = (Number(header, 1), Number(header, 3));
        var (definition, problem) = ReadDefinition(file, header[..MagicBytes], facts.Size, length, uuid);
        problem ??= format == RawFormat ? WhyNoStream(file, HeaderBytes + (long)length, facts.Size) : null;
        return Describe(facts, problem, format) with { Definition = definition };

        static uint Number(ReadOnlySpan<byte> header, int index) => BitConverter.ToUInt32(header[(MagicBytes + (index * sizeof(uint)))..]);
    }

    /// <summary>The definition ends at the first zero; a cookie of libvirt's may follow.</summary>
    private static (VmDefinition? Definition, string? Problem) ReadDefinition(SafeFileHandle file, ReadOnlySpan<byte> magic, long size, uint length, Guid uuid)
    {
        if (magic.SequenceEqual("LibvirtQemudPart"u8))
            return (null, "it was never finished");
        if (!magic.SequenceEqual("LibvirtQemudSave"u8))
            return (null, "it does not begin as one");
        var text = new byte[Math.Min(length, LongestDefinition)];
        if (length > LongestDefinition || size <= HeaderBytes + (long)length || !TryFill(file, text, HeaderBytes))
            return (null, "it is truncated: what it says of the VM is not all there");
        var end = Array.IndexOf(text, (byte)0);
        try
        {
            var xml = System.Text.Encoding.UTF8.GetString(text, 0, end < 0 ? text.Length : end);
            var other = DomainXmlReader.Parse(xml).Element("uuid")?.Value;
            return Guid.TryParse(other, out var found) && found == uuid ? (DomainXmlReader.Read(xml), null) : (null, $"it is of another VM ({other})");
        }
        catch (XmlException exception)
        {
            return (null, $"what it says of the VM cannot be read: {exception.Message}");
        }
    }

    /// <summary>
    /// What QEMU writes begins with its magic, and ends with a description of itself in JSON (qemu, <c>migration/savevm.c</c>);
    /// libvirt may have written zeros after it, up to a whole block. Compressed images have sums of their own.
    /// </summary>
    private static string? WhyNoStream(SafeFileHandle file, long start, long size)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        if (!TryFill(file, magic, start) || BinaryPrimitives.ReadUInt32BigEndian(magic) != 0x5145564d)
            return "QEMU's part of it does not begin as one";
        var tail = new byte[(int)Math.Min(TailBytes, size - start)];
        if (!TryFill(file, tail, size - tail.Length))
            return "it became shorter while it was read";
        var last = tail.AsSpan().LastIndexOfAnyExcept((byte)0);
        return last >= 0 && tail[last] == (byte)'}' ? null : "it is truncated: QEMU's part of it has no end";
    }

    private static bool TryFill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        for (var filled = 0; filled < buffer.Length;)
        {
            var count = RandomAccess.Read(file, buffer[filled..], offset + filled);
            if (count == 0)
                return false;
            filled += count;
        }

        return true;
    }

    private static SavedImage Describe(EntryFacts facts, string? problem, uint format) =>
        new(facts.Size, DateTimeOffset.UnixEpoch.AddTicks(facts.Modified / NanosecondsPerTick), problem, format);
}

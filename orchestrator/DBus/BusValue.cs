using System.Globalization;

namespace HostSwap.Orchestrator.DBus;

/// <summary>
/// One D-Bus value with its signature. Variants are looked through by every accessor, however deeply nested:
/// libvirt-dbus wraps the values of its dictionaries twice (<c>g_variant_new_variant</c> inside <c>{sv}</c>).
/// </summary>
internal sealed class BusValue
{
    private readonly object _content;

    /// <summary>Makes a value; the content must be of the managed type that belongs to the signature.</summary>
    public BusValue(string signature, object content)
    {
        Signature = signature;
        _content = content;
    }

    /// <summary>The signature of this one value.</summary>
    public string Signature { get; }

    /// <summary>What it holds, for the marshaller.</summary>
    public object Content => _content;

    private BusValue Unwrapped => _content is BusValue inner ? inner.Unwrapped : this;

    public static BusValue String(string value) => new("s", value);

    public static BusValue Boolean(bool value) => new("b", value);

    public static BusValue Int32(int value) => new("i", value);

    public static BusValue UInt32(uint value) => new("u", value);

    public static BusValue UInt64(ulong value) => new("t", value);

    public static BusValue Variant(BusValue value) => new("v", value);

    /// <summary>An array of strings, <c>as</c>.</summary>
    public static BusValue Strings(params IEnumerable<string> values) => new("as", values.Select(String).ToArray());

    /// <summary>An array of bytes, <c>ay</c>.</summary>
    public static BusValue Bytes(IEnumerable<byte> values) => new("ay", values.Select(static value => new BusValue("y", value)).ToArray());

    /// <summary>Named values, <c>a{sv}</c>.</summary>
    public static BusValue Dictionary(IEnumerable<KeyValuePair<string, BusValue>> entries) =>
        new("a{sv}", entries.Select(e => new BusValue("{sv}", new[] { String(e.Key), Variant(e.Value) })).ToArray());

    /// <summary>Text, an object path or a signature.</summary>
    public string AsString() => As<string>("text");

    public bool AsBoolean() => As<bool>("a boolean");

    public int AsInt32() => As<int>("an int32");

    public uint AsUInt32() => As<uint>("a uint32");

    /// <summary>
    /// Any whole number. libvirt's typed parameters may change their width between releases. One that does not fit
    /// is cut to the largest that does, since a statistic must not end a swap.
    /// </summary>
    public long ToInt64() => Unwrapped._content switch
    {
        byte v => v,
        short v => v,
        ushort v => v,
        int v => v,
        uint v => v,
        long v => v,
        ulong v => (long)Math.Min(v, long.MaxValue),
        _ => throw Mismatch("a whole number"),
    };

    /// <summary>The bytes of an array of them.</summary>
    public byte[] ToBytes() => [.. Items().Select(static item => item.As<byte>("a byte"))];

    /// <summary>The members of an array or a structure.</summary>
    public IReadOnlyList<BusValue> Items() => As<BusValue[]>("an array or a structure");

    /// <summary>The entries of an <c>a{s…}</c>. Where a key comes twice, its last value counts.</summary>
    public IReadOnlyDictionary<string, BusValue> ToDictionary()
    {
        var entries = new Dictionary<string, BusValue>(StringComparer.Ordinal);
        foreach (var entry in Items())
        {
            if (entry.Signature is not ['{', ..] || entry._content is not BusValue[] { Length: 2 } pair)
                throw Mismatch("a dictionary");
            entries[pair[0].AsString()] = pair[1];
        }

        return entries;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Unwrapped._content is BusValue[] items
            ? $"{Signature}[{string.Join(", ", (IEnumerable<BusValue>)items)}]"
            : Convert.ToString(Unwrapped._content, CultureInfo.InvariantCulture) ?? "";

    private T As<T>(string expected) => Unwrapped._content is T value ? value : throw Mismatch(expected);

    private BusFormatException Mismatch(string expected) => new(expected, Unwrapped.Signature);
}

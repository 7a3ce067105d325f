using CoopGrid.Grains.Bank;

namespace CoopGrid.Grains.Usage;

/// <content>Keeps the bank history: which closed slices were off-peak, and by which terms members save in them.</content>
internal sealed partial class ClassGrain
{
    private ClassBank? _bank;

    /// <summary>Adds the slices that have become final; a class that never had a bank has no history.</summary>
    private async Task FollowBank()
    {
        _bank ??= ClassBank.Open(_id, _stored.Last.Bank, _history!, _openSlice, prices);
        if (_bank is not null && await _bank.Follow(_history!, _fold.Epochs.Plan!, _openSlice, _price!.OpenPeriod)) _changed = true;
    }
}

/**
 * Photos of homes from the npm package material-dashboard 3.1.0 (MIT, Creative Tim; see CREDITS.md), grouped into
 * listings. Paths are relative to `assets/img/` of the package.
 */
export const sampleListings: readonly { readonly listingId: string; readonly photos: readonly string[] }[] = [
  {
    listingId: 'villa-aurora',
    photos: [
      'products/product-1-min.jpg',
      'products/product-2-min.jpg',
      'products/product-3-min.jpg',
      'home-decor-1.jpg',
      'home-decor-2.jpg',
    ],
  },
  {
    listingId: 'casa-brava',
    photos: [
      'products/product-4-min.jpg',
      'products/product-5-min.jpg',
      'bg-smart-home-1.jpg',
      'bg-smart-home-2.jpg',
      'home-decor-3.jpg',
    ],
  },
  {
    listingId: 'loft-central',
    photos: [
      'products/product-6-min.jpg',
      'products/product-7-min.jpg',
      'products/product-details-1.jpg',
      'products/product-11.jpg',
    ],
  },
];
